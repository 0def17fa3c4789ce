//! What technicians look at: a choice is bounded, checked, and said to be so.

use deskhand_wire::control::Scope;

use super::{blocked, in_control, scopes};
use crate::host::{Customer, HostInput, HostOutput, Screen};
use crate::testing::Pair;
use crate::viewer::{ViewerInput, ViewerOutput};

const LEFT: [u32; 4] = [0, 0, 400, 600];
const RIGHT: [u32; 4] = [400, 0, 400, 600];

/// A session on two monitors.
fn two_monitors() -> Pair {
    let mut pair = in_control();
    pair.at_host(HostInput::Screen(Screen { width: 800, height: 600, displays: vec![LEFT, RIGHT] }));
    pair.clear();
    pair
}

fn look(pair: &mut Pair, peer: u8, monitors: &[[u32; 4]]) {
    pair.at_viewer(peer, ViewerInput::Look { monitors: monitors.to_vec() });
}

/// What the program was told to send, in order.
fn told(pair: &Pair) -> Vec<Vec<[u32; 4]>> {
    let of = |output: &HostOutput| match output {
        HostOutput::Look { monitors } => Some(monitors.clone()),
        _ => None,
    };
    pair.host_out.iter().filter_map(of).collect()
}

fn looked(pair: &Pair) -> Vec<(u8, Vec<[u32; 4]>, u64)> {
    let of = |(peer, output): &(u8, ViewerOutput)| match output {
        ViewerOutput::Looked { monitors, update } => Some((*peer, monitors.clone(), *update)),
        _ => None,
    };
    pair.viewer_out.iter().filter_map(of).collect()
}

fn is_so(pair: &mut Pair, monitors: &[[u32; 4]], update: u64) {
    pair.at_host(HostInput::Looked { monitors: monitors.to_vec(), update });
}

#[test]
fn a_monitor_is_looked_at_once_its_picture_is_up_to_date() {
    let mut pair = two_monitors();
    look(&mut pair, 1, &[LEFT]);
    assert_eq!((told(&pair), looked(&pair)), (vec![vec![LEFT]], vec![]));
    is_so(&mut pair, &[LEFT], 7);
    assert_eq!(looked(&pair), [(1, vec![LEFT], 7)]);
    look(&mut pair, 1, &[]);
    is_so(&mut pair, &[], 8);
    assert_eq!(looked(&pair)[1], (1, vec![], 8));
}

#[test]
fn a_monitor_that_is_not_there_is_all_of_the_screen() {
    let mut pair = two_monitors();
    look(&mut pair, 1, &[LEFT, [1, 2, 3, 4]]);
    assert_eq!(told(&pair), Vec::<Vec<[u32; 4]>>::new());
    assert!(looked(&pair)[0].1.is_empty());
}

#[test]
fn a_viewer_that_changes_its_mind_all_the_time_has_one_change_on_the_way() {
    let mut pair = two_monitors();
    for _ in 0..100 {
        look(&mut pair, 1, &[LEFT]);
        look(&mut pair, 1, &[RIGHT]);
    }
    assert_eq!(told(&pair), [[LEFT]]);
    is_so(&mut pair, &[LEFT], 7);
    assert_eq!(told(&pair), [[LEFT], [RIGHT]]);
    assert_eq!(looked(&pair), [], "nobody looks left any more");
    is_so(&mut pair, &[RIGHT], 8);
    assert_eq!(looked(&pair), [(1, vec![RIGHT], 8)]);
}

#[test]
fn two_technicians_get_what_both_of_them_look_at() {
    let mut pair = two_monitors();
    pair.customer(Customer::NewCode).unwrap();
    let ben = pair.world.technician("Ben", 21);
    pair.join(2, &ben);
    pair.answer(scopes([Scope::View])).unwrap();
    pair.clear();
    look(&mut pair, 1, &[LEFT]);
    assert!(told(&pair).is_empty(), "the other one looks at everything");
    assert_eq!(looked(&pair).len(), 1);
    look(&mut pair, 2, &[RIGHT]);
    assert_eq!(told(&pair), [[LEFT, RIGHT]]);
    is_so(&mut pair, &[LEFT, RIGHT], 9);
    pair.at_viewer(2, ViewerInput::End);
    assert_eq!(told(&pair)[1], [LEFT]);
}

#[test]
fn a_monitor_that_goes_away_is_followed_by_all_of_the_screen() {
    let mut pair = two_monitors();
    look(&mut pair, 1, &[RIGHT]);
    is_so(&mut pair, &[RIGHT], 7);
    pair.at_host(HostInput::Screen(Screen { width: 400, height: 600, displays: vec![LEFT] }));
    assert_eq!(told(&pair), [vec![RIGHT], vec![]]);
}

#[test]
fn a_press_where_the_technician_does_not_look_is_refused() {
    let mut pair = two_monitors();
    look(&mut pair, 1, &[LEFT]);
    is_so(&mut pair, &[LEFT], 1);
    pair.click(1, 399, 5).unwrap();
    assert!(blocked(&pair).is_empty());
    pair.click(1, 400, 5).unwrap();
    pair.wait(2_000);
    assert_eq!(blocked(&pair), [("changed".to_owned(), 1)]);
}
