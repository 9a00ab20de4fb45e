//! Finding the programs a command needs, and installing the missing ones where `cargo clean` does not reach.
//!
//! Versions are stated once: the bindgen CLI's in `Cargo.lock`, Trunk's in `Trunk.toml`, the npm packages' in
//! `package-lock.json` and the Python packages' in `requirements.txt`, both beside what needs them.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};

use crate::{
    Outcome,
    run::{output, path_with, run, which},
};

pub const WASM: &str = "wasm32-unknown-unknown";
/// wasm-opt, and what drives the page and packs it.
pub const E2E: &str = "tests/e2e";
/// esbuild, and what it bundles into the editor.
const EDITOR: &str = "www/editor";
/// The AWS clients.
pub const CLIENTS: &str = "tests/clients";
/// mdBook and MkDocs, whose sites have playgrounds in them.
pub const HOSTS: &str = "tests/hosts";
/// Docusaurus, for the same.
pub const DOCUSAURUS: &str = "tests/hosts/docusaurus";
/// moto, which the playground is measured against.
pub const PEERS: &str = "benches";

/// Directories to put before `PATH`, as programs are found.
#[derive(Default)]
pub struct Tools {
    path: Vec<PathBuf>,
}

impl Tools {
    /// What building the site needs.
    pub fn for_site() -> Outcome<Self> {
        let mut tools = Self::default();
        wasm_target()?;
        tools.bindgen()?;
        tools.trunk()?;
        tools.npm_packages(E2E)?;
        tools.npm_packages(EDITOR)?;
        Ok(tools)
    }

    /// What the wasm tests need, less the browser.
    pub fn for_wasm() -> Outcome<Self> {
        let mut tools = Self::default();
        wasm_target()?;
        tools.bindgen()?;
        Ok(tools)
    }

    /// What fuzzing needs.
    pub fn for_fuzzing() -> Outcome<Self> {
        let mut tools = Self::default();
        tools.cargo_installed("cargo-fuzz", "cargo-fuzz", "0.13.2", &["--locked"], "about a minute, once")?;
        Ok(tools)
    }

    /// What a release needs beside the site and the package.
    pub fn for_release() -> Outcome<Self> {
        let mut tools = Self::default();
        tools.cargo_installed("cargo-deny", "cargo-deny", "0.20.2", &["--locked"], "about 8 minutes, once")?;
        Ok(tools)
    }

    /// `program` with the found tools first on its `PATH`.
    pub fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command.env("PATH", path_with(&self.path));
        command
    }

    /// The bindgen CLI must be of exactly the version of the crate.
    fn bindgen(&mut self) -> Outcome {
        let lock = fs::read_to_string("Cargo.lock").map_err(|error| format!("cannot read Cargo.lock: {error}"))?;
        let version = locked_version(&lock, "wasm-bindgen").ok_or("Cargo.lock does not name wasm-bindgen")?;
        // Without --locked: the lock file it was published with names a crate that is no longer to be had.
        self.cargo_installed("wasm-bindgen", "wasm-bindgen-cli", &version, &[], "about 2 minutes, once")
    }

    fn trunk(&mut self) -> Outcome {
        let config = fs::read_to_string("Trunk.toml").map_err(|error| format!("cannot read Trunk.toml: {error}"))?;
        let version = config
            .lines()
            .find_map(|line| line.strip_prefix("trunk-version = \"="))
            .and_then(|rest| rest.strip_suffix('"'))
            .ok_or("Trunk.toml does not say `trunk-version = \"=…\"`")?;
        self.cargo_installed("trunk", "trunk", version, &["--locked"], "about 9 minutes, once")
    }

    fn cargo_installed(&mut self, program: &str, krate: &str, version: &str, flags: &[&str], time: &str) -> Outcome {
        let own = own_tools()?;
        let is_right = |program: &Path| {
            output(program, &["--version"]).is_some_and(|text| text.split_whitespace().nth(1) == Some(version))
        };
        let installed = own.join("bin").join(program);
        if let Some(found) = [Some(installed), which(program)].into_iter().flatten().find(|path| is_right(path)) {
            self.path.extend(found.parent().map(PathBuf::from));
            return Ok(());
        }
        println!("Installing {krate} {version} into {} ({time}) …", own.display());
        let mut install = Command::new("cargo");
        install.args(["install", krate, "--version", version, "--root"]).arg(&own).args(flags);
        run(&mut install)?;
        self.path.push(own.join("bin"));
        Ok(())
    }

    /// The npm packages of a folder. Installed anew when its lock file has changed.
    pub fn npm_packages(&mut self, folder: &str) -> Outcome {
        node()?;
        let packages = Path::new(folder);
        let (lock, stamp) = (packages.join("package-lock.json"), packages.join("node_modules/.installed-lock.json"));
        let wanted = fs::read(&lock).map_err(|error| format!("cannot read {}: {error}", lock.display()))?;
        if fs::read(&stamp).ok().as_ref() != Some(&wanted) {
            println!("Installing the npm packages of {folder} (a few seconds; two minutes for Docusaurus; once) …");
            run(Command::new("npm").args(["ci", "--no-fund", "--no-audit"]).current_dir(packages))?;
            fs::write(&stamp, wanted).map_err(|error| format!("cannot write {}: {error}", stamp.display()))?;
        }
        // Not there where no package has a program.
        self.path.extend(packages.join("node_modules/.bin").canonicalize());
        Ok(())
    }
}

/// Chromium and its driver, for tests.
pub struct Browser {
    pub chromium: PathBuf,
    pub driver: PathBuf,
}

/// Arguments for headless Chromium. Without the sandbox, because containers have no rights to set it up and the tests
/// open only pages of their own; without everything that calls home.
pub const CHROMIUM_ARGS: [&str; 9] = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
];

/// Chromium and ChromeDriver from `CHROME` and `CHROMEDRIVER`, from `PATH`, from where systems put them, or installed.
pub fn browser() -> Outcome<Browser> {
    if let Some(browser) = find_browser() {
        return Ok(browser);
    }
    if is_debian_root() {
        println!("Installing Debian's chromium and chromium-driver (about a minute, once) …");
        apt_install(&["chromium", "chromium-driver"])?;
        if let Some(browser) = find_browser() {
            return Ok(browser);
        }
    }
    Err("the browser tests need Chromium and ChromeDriver of the same version. Install them:
  Debian, Ubuntu:  sudo apt-get install chromium chromium-driver
  Fedora:          sudo dnf install chromium chromedriver
  macOS:           brew install --cask google-chrome chromedriver
or name them in the variables CHROME and CHROMEDRIVER"
        .to_owned())
}

/// Whether packages can be installed without asking anybody.
fn is_debian_root() -> bool {
    Path::new("/etc/debian_version").exists() && output("id", &["-u"]).as_deref() == Some("0")
}

fn apt_install(packages: &[&str]) -> Outcome {
    run(Command::new("apt-get").arg("update").arg("-qq"))?;
    let mut install = Command::new("apt-get");
    install.args(["install", "-y", "-qq"]).args(packages);
    run(install.env("DEBIAN_FRONTEND", "noninteractive"))
}

fn find_browser() -> Option<Browser> {
    let chromium = find(
        "CHROME",
        &["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"],
        &[
            "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
            "/Applications/Chromium.app/Contents/MacOS/Chromium",
        ],
    )?;
    let driver = find(
        "CHROMEDRIVER",
        &["chromedriver"],
        &[
            "/usr/lib/chromium/chromedriver",
            "/usr/lib/chromium-browser/chromedriver",
            "/usr/lib64/chromium-browser/chromedriver",
            "/opt/homebrew/bin/chromedriver",
        ],
    )?;
    Some(Browser { chromium, driver })
}

fn find(variable: &str, names: &[&str], places: &[&str]) -> Option<PathBuf> {
    let named = env::var_os(variable).map(PathBuf::from);
    let on_path = names.iter().find_map(|name| which(name));
    let usual = places.iter().map(PathBuf::from);
    named.into_iter().chain(on_path).chain(usual).find(|program| program.is_file())
}

/// Node 20 or later, with npm.
pub fn node() -> Outcome {
    let version = output("node", &["--version"]);
    let major = version.as_deref().and_then(|text| text.strip_prefix('v')?.split('.').next()?.parse::<u32>().ok());
    let how = "Install it from your system's packages (Debian 13: sudo apt-get install nodejs npm; Fedora: sudo dnf \
               install nodejs; macOS: brew install node) or from nodejs.org";
    match major {
        Some(20..) if which("npm").is_some() => Ok(()),
        Some(20..) => Err(format!("npm is not on PATH. {how}")),
        Some(old) => Err(format!("Node 20 or later is needed, got {old}. {how}")),
        None => Err(format!("Node 20 or later is needed. {how}")),
    }
}

/// A Python with the packages of a folder's `requirements.txt`, in an environment of their own.
pub fn python(folder: &str) -> Outcome<PathBuf> {
    let requirements = format!("{folder}/requirements.txt");
    let wanted = fs::read(&requirements).map_err(|error| format!("cannot read {requirements}: {error}"))?;
    let environment = own_tools()?.join(format!("python-{}", folder.replace('/', "-")));
    let (python, stamp) = (environment.join("bin/python"), environment.join("installed-requirements.txt"));
    if fs::read(&stamp).ok().as_ref() == Some(&wanted) && output(&python, &["--version"]).is_some() {
        return Ok(python);
    }
    println!("Installing the Python packages of {requirements} into {} (half a minute, once) …", environment.display());
    let make = || run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&environment));
    if make().is_err() {
        if is_debian_root() {
            println!("Installing Debian's python3-venv …");
            apt_install(&["python3-venv"])?;
        }
        make().map_err(|failure| {
            format!(
                "{failure}: the Python clients need Python 3.10 or later with its module venv. Install them:
  Debian, Ubuntu:  sudo apt-get install python3 python3-venv
  Fedora:          sudo dnf install python3
  macOS:           brew install python"
            )
        })?;
    }
    run(Command::new(&python).args(["-m", "pip", "install", "--quiet", "--requirement", &requirements]))?;
    fs::write(&stamp, wanted).map_err(|error| format!("cannot write {}: {error}", stamp.display()))?;
    Ok(python)
}

/// The standard library for wasm.
pub fn wasm_target() -> Outcome {
    let sysroot =
        output("rustc", &["--print", "sysroot"]).ok_or("rustc is not on PATH: install Rust from rustup.rs")?;
    if Path::new(&sysroot).join("lib/rustlib").join(WASM).join("lib").is_dir() {
        return Ok(());
    }
    println!("Adding Rust's {WASM} target (about 10 seconds, once) …");
    run(Command::new("rustup").args(["target", "add", WASM]))
}

/// What makes a build for wasm as small as it can be: Rust's own library is built along, for size, and a panic ends the
/// program at once instead of preparing a message that nobody reads. Empty where the library's source is not to be had.
///
/// These are settings that Rust calls unstable, hence the bootstrap variable; they only ever concern the shipped page.
pub fn settings_for_size() -> &'static [(&'static str, &'static str)] {
    if !rust_source() {
        println!("Without Rust's source (`rustup component add rust-src`) the program becomes 60 kB larger.");
        return &[];
    }
    &[
        ("RUSTC_BOOTSTRAP", "1"),
        ("CARGO_UNSTABLE_BUILD_STD", "std,panic_abort"),
        ("CARGO_UNSTABLE_BUILD_STD_FEATURES", "optimize_for_size"),
        ("RUSTFLAGS", "-Zunstable-options -Cpanic=immediate-abort -Zlocation-detail=none"),
    ]
}

/// Whether the source of Rust's own library is there, or can be installed.
fn rust_source() -> bool {
    let Some(sysroot) = output("rustc", &["--print", "sysroot"]) else { return false };
    if Path::new(&sysroot).join("lib/rustlib/src/rust/library/Cargo.lock").is_file() {
        return true;
    }
    println!("Adding the source of Rust's own library (about 10 seconds, once) …");
    run(Command::new("rustup").args(["component", "add", "rust-src"])).is_ok()
}

/// Finds or installs everything and says where it is.
pub fn doctor() -> Outcome {
    let mut tools = Tools::for_site()?;
    tools.npm_packages(CLIENTS)?;
    tools.npm_packages(DOCUSAURUS)?;
    let browser = browser()?;
    let python = python(CLIENTS)?;
    self::python(HOSTS)?;
    settings_for_size();
    for directory in &tools.path {
        println!("tools in   {}", directory.display());
    }
    println!("chromium   {}", browser.chromium.display());
    println!("driver     {}", browser.driver.display());
    println!("node       {}", output("node", &["--version"]).unwrap_or_default());
    println!("python     {}", python.display());
    println!("Everything is there.");
    Ok(())
}

/// Where installed tools are kept; `cargo clean` does not touch it.
fn own_tools() -> Outcome<PathBuf> {
    let cache = env::var_os("XDG_CACHE_HOME").filter(|value| !value.is_empty()).map(PathBuf::from);
    let home = || env::var_os("HOME").or_else(|| env::var_os("USERPROFILE")).map(PathBuf::from);
    let cache = cache.or_else(|| home().map(|home| home.join(".cache"))).ok_or("HOME is not set")?;
    Ok(cache.join("kms-playground/tools"))
}

/// The version that a lock file gives a package.
fn locked_version(lock: &str, package: &str) -> Option<String> {
    let name = format!("name = \"{package}\"");
    let mut lines = lock.lines().skip_while(|line| *line != name);
    let version = lines.nth(1)?;
    Some(version.strip_prefix("version = \"")?.strip_suffix('"')?.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lock_file_names_one_version() {
        let lock = "[[package]]\nname = \"wasm-bindgen-shared\"\nversion = \"9\"\n\n[[package]]\nname = \"wasm-bindgen\"\nversion = \"0.2.130\"\n";
        assert_eq!(locked_version(lock, "wasm-bindgen").as_deref(), Some("0.2.130"));
        assert_eq!(locked_version(lock, "absent"), None);
    }
}
