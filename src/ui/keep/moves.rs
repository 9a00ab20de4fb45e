//! What can be done with worlds that are kept. Each ends with an action, or with words about why not.

use std::rc::Rc;

use crate::{
    lang::tr,
    rest,
    timeline::{self, Timeline},
    ui::{
        keep::{
            Kept, Workspace,
            shelf::{Shelf, Stored, Trouble},
            words,
        },
        store::{Action, Same, StoreHandle},
    },
    web,
};

/// A world under a name that no other has.
pub(super) async fn create(shelf: &Shelf, name: &str) -> Result<Rc<Workspace>, Trouble> {
    let taken: Vec<String> = shelf.list().await?.into_iter().map(|entry| entry.name).collect();
    let numbered = (2_u32..).map(|number| format!("{name} {number}"));
    let free = std::iter::once(name.to_owned()).chain(numbered).find(|name| !taken.contains(name));
    Ok(Workspace::new(shelf.create(&free.unwrap_or_default()).await?))
}

/// The timeline that is stored, which takes the rest of the program.
pub fn resumed(stored: &Stored) -> Result<Timeline, String> {
    if let Some(slow_keys) = &stored.beside {
        timeline::keep_slow_keys(slow_keys);
    }
    let beginning = stored.beginning.as_deref().ok_or(tr!("nothing of it was stored"))?;
    let cursor = usize::try_from(stored.cursor).unwrap_or(usize::MAX);
    Timeline::resume(beginning, &stored.steps, cursor).map_err(|damage| damage.to_string())
}

/// Keeps a timeline as a world of its own, and goes there.
pub async fn keep_as(store: StoreHandle, name: String, timeline: Rc<Timeline>) {
    let Some(Same(shelf)) = store.shelf.clone() else { return };
    match create(&shelf, &name).await {
        Ok(workspace) => store.dispatch(Action::Live(timeline, Kept::Here(workspace))),
        Err(trouble) => store.dispatch(Action::Notice(words(&trouble).into())),
    }
}

/// A new world, as a newcomer finds it.
pub async fn begin(store: StoreHandle, name: String) {
    let timeline = Timeline::ready_to_play(web::now(), web::seed());
    keep_as(store, name, Rc::new(timeline)).await;
}

/// Goes to another world that is kept, if no other tab has it.
pub async fn go_to(store: StoreHandle, id: String) {
    let Some(Same(shelf)) = store.shelf.clone() else { return };
    let taken = async {
        let held = shelf.take(&id).await?;
        Ok::<_, Trouble>(held.zip(shelf.read(&id).await?))
    };
    let problem = match taken.await {
        Ok(Some((held, stored))) => match rest::within(|| resumed(&stored)) {
            Ok(timeline) => {
                let (workspace, timeline) = (Workspace::new(held), Rc::new(timeline));
                workspace.stored_as(&timeline, &stored);
                store.dispatch(Action::Live(timeline, Kept::Here(workspace)));
                return;
            }
            Err(damage) => {
                tr!(
                    "The world “{name}” could not be opened: {damage}. It stays stored as it is.",
                    name = stored.name,
                    damage
                )
            }
        },
        Ok(None) => {
            tr!("This world is open in another tab. Close that tab, then try again, or duplicate the world.").to_owned()
        }
        Err(trouble) => words(&trouble),
    };
    store.dispatch(Action::Notice(problem.into()));
}

/// Gives a world another name.
pub async fn rename(store: StoreHandle, id: String, name: String) -> Result<(), String> {
    let Some(Same(shelf)) = store.shelf.clone() else { return Ok(()) };
    let renamed = async {
        if let Kept::Here(workspace) = &store.kept
            && workspace.held.id() == id
        {
            return workspace.held.rename(&name).await.map(|()| true);
        }
        match shelf.take(&id).await? {
            Some(held) => held.rename(&name).await.map(|()| true),
            None => Ok(false),
        }
    };
    match renamed.await {
        Ok(true) => Ok(()),
        Ok(false) => Err(tr!("This world is open in another tab; rename it there.").to_owned()),
        Err(trouble) => Err(words(&trouble)),
    }
}

/// Stores what is given as one more world, without going there.
pub async fn store_as(shelf: &Shelf, name: &str, stored: Stored) -> Result<(), String> {
    let stored_it = async {
        let workspace = create(shelf, name).await?;
        let Stored { beginning, steps, cursor, beside, .. } = stored;
        workspace.held.write(&super::shelf::Change { from: 0, steps, cursor, beginning, beside }).await
    };
    stored_it.await.map_err(|trouble| words(&trouble))
}

/// One more world like that, without going there.
pub async fn duplicate(shelf: &Shelf, id: &str) -> Result<(), String> {
    match shelf.read(id).await {
        Ok(Some(stored)) => store_as(shelf, &tr!("{name} (copy)", name = stored.name), stored).await,
        Ok(None) => Err(tr!("This world is gone: another tab deleted it.").to_owned()),
        Err(trouble) => Err(words(&trouble)),
    }
}

/// Deletes a world for ever. That of this tab is left first, for a new one.
pub async fn delete(store: StoreHandle, id: String) -> Result<(), String> {
    let Some(Same(shelf)) = store.shelf.clone() else { return Ok(()) };
    match shelf.remove(&id).await {
        Ok(true) => Ok(()),
        Ok(false) => Err(tr!("This world is open, here or in another tab. Go to another world first.").to_owned()),
        Err(trouble) => Err(words(&trouble)),
    }
}
