//! The page comes with `mount` and goes with `unmount`.

use js_sys::Object;
use kms_playground::web::mount;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_test::wasm_bindgen_test;
use web_sys::Element;

fn host() -> Element {
    let document = web_sys::window().unwrap().document().unwrap();
    let host = document.create_element("div").unwrap();
    document.body().unwrap().append_child(&host).unwrap();
    host
}

/// Yew draws after the current task has ended.
async fn drawn() {
    yew::platform::time::sleep(std::time::Duration::ZERO).await;
}

#[wasm_bindgen_test]
async fn mounting_shows_the_page_and_unmounting_removes_it() {
    let host = host();
    let mounted = mount(host.clone(), Object::new().into(), Object::new().unchecked_ref()).unwrap();
    drawn().await;
    let heading = host.query_selector(".bar .name").unwrap().expect("the page has its name");
    assert_eq!(heading.text_content().as_deref(), Some("KMS Playground"));

    mounted.unmount();
    drawn().await;
    assert_eq!(host.inner_html(), "");
    host.remove();
}

#[wasm_bindgen_test]
fn options_that_are_not_strings_are_refused() {
    let host = host();
    assert!(mount(host.clone(), JsValue::from_f64(3.0), Object::new().unchecked_ref()).is_err());
    assert_eq!(host.inner_html(), "");
    host.remove();
}
