export default {
  title: "Our keys",
  favicon: "{{SITE}}icon.svg",
  url: "https://example.org",
  baseUrl: "/",
  onBrokenLinks: "throw",
  plugins: [["@docusaurus/plugin-content-docs", { routeBasePath: "/", sidebarPath: "./sidebars.js" }]],
  themes: ["@docusaurus/theme-classic"],
  scripts: [{ src: "{{SITE}}element.js", type: "module" }],
  stylesheets: ["{{SITE}}element.css"],
};
