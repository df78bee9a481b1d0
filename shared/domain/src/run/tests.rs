mod changes;
mod fixtures;
mod hand_overs;
mod outcomes;
