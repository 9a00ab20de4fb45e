//! Dialogues of the frame: a button opens one, and the browser closes it.

use yew::prelude::*;

use crate::ui::effects;

/// A dialogue, and how it opens.
pub(super) struct Dialog {
    /// For the element.
    pub(super) node: NodeRef,
    /// Whether it is open. What is in it need not be drawn before.
    pub(super) open: bool,
    /// For the button.
    pub(super) show: Callback<MouseEvent>,
    /// For the element.
    pub(super) onclose: Callback<Event>,
}

/// A dialogue that is closed at first.
#[hook]
pub(super) fn use_dialog() -> Dialog {
    let (node, open) = (use_node_ref(), use_state_eq(|| false));
    let show = {
        let (node, open) = (node.clone(), open.clone());
        Callback::from(move |_: MouseEvent| {
            open.set(true);
            effects::open_dialog(&node);
        })
    };
    let is_open = *open;
    let onclose = Callback::from(move |_: Event| open.set(false));
    Dialog { node, open: is_open, show, onclose }
}
