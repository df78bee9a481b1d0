mod callback;
mod changes;
mod fixtures;
mod hand_overs;
mod holds;
mod outcomes;
mod time;
mod walk;
