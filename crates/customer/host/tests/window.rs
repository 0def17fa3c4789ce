//! The window's pages, each drawn from a snapshot without a screen: what stands there, and what keys and buttons do.

use deskhand_host::{
    organisation,
    snapshot::{AnswerInput, Code, CodeOver, Command, Ended, Failure, Page, Question, Reason, Session, Snapshot},
    window::{Memory, set_look, view},
    wording::{self, Notice},
};
use deskhand_session::{RecordingNotice, Scope, Scopes, Standing};
use egui_kittest::{
    Harness,
    kittest::{NodeT, Queryable},
};
use std::time::{Duration, Instant};

struct Shown {
    snapshot: Snapshot,
    memory: Memory,
    now: Instant,
    commands: Vec<Command>,
}

type Window = Harness<'static, Shown>;

fn window_of(snapshot: Snapshot, now: Instant, size: [f32; 2]) -> Window {
    let shown = Shown { snapshot, memory: Memory::default(), now, commands: Vec::new() };
    let mut harness = Harness::builder().with_size(size).with_context_setup(set_look).build_ui_state(
        |ui, shown: &mut Shown| {
            if let Some(command) = view(ui, &shown.snapshot, &mut shown.memory, shown.now) {
                shown.commands.push(command);
            }
        },
        shown,
    );
    harness.run_steps(2);
    harness
}

fn window(page: Page, now: Instant) -> Window {
    window_of(snapshot(page), now, [600.0, 640.0])
}

fn snapshot(page: Page) -> Snapshot {
    Snapshot {
        page,
        organisation: "Acme Support".into(),
        standing: Standing::Unknown,
        notices: Vec::new(),
        stop_keys: Some("Ctrl+Shift+F12"),
    }
}

fn question(now: Instant) -> Question {
    Question {
        id: 4,
        technician: "Ana Ruiz".into(),
        ticket: Some("T-77".into()),
        reason: Some("The printer does not print".into()),
        scopes: Scopes::of(Scope::ALL),
        already: Scopes::NONE,
        minutes: Some(60),
        recording: Some(RecordingNotice { reviewers: 2, may_refuse: true }),
        allow_from: now,
        until: now + Duration::from_secs(120),
        session: None,
    }
}

fn session(now: Instant) -> Session {
    Session { technician: "Ana Ruiz".into(), scopes: Scopes::of(Scope::ALL), since: now, line_lost: false }
}

fn click(window: &mut Window, label: &str) {
    window.get_by_label(label).click();
    window.run_steps(3);
}

fn press(window: &mut Window, key: egui::Key) {
    window.key_press(key);
    window.run_steps(3);
}

fn answer(scopes: Scopes, input: AnswerInput) -> Command {
    Command::Answer { question: 4, scopes, input, recorded: true }
}

#[test]
fn the_code_page_shows_code_countdown_warning_and_who_was_checked() {
    let now = Instant::now();
    let code = Code { text: "48213-velvet-anchor-oxygen".into(), expires: now + Duration::from_secs(599) };
    let mut window = window(Page::Code(code), now);
    for label in ["48213-velvet-anchor-oxygen", "Works for 9:59", wording::SCAM_WARNING, wording::CODE_SAFE, "Unknown organisation"] {
        window.get_by_label(label);
    }
    click(&mut window, "Copy");
    click(&mut window, "New code");
    assert_eq!(window.state().commands, [Command::Copy("48213-velvet-anchor-oxygen".into()), Command::NewCode]);
    window.get_by_label("Copied");
}

#[test]
fn every_name_in_free_text_is_smaller_than_the_line_that_was_checked() {
    let now = Instant::now();
    for standing in [Standing::Unknown, Standing::Domain("acme.example".into())] {
        let line = organisation::line(&standing);
        // On one line, so that heights are sizes of letters.
        let asked = Question { scopes: Scopes::of([Scope::View]), ..question(now) };
        let window = window_of(Snapshot { standing, ..snapshot(Page::Question(asked)) }, now, [600.0, 640.0]);
        let checked = window.get_by_label(&line).rect().height();
        for name in ["Acme Support", "Ana Ruiz wants"] {
            let free = window.get_by_label_contains(name).rect().height();
            assert!(free < checked, "{name}: {free} is not smaller than {checked}");
        }
    }
}

#[test]
fn the_question_shows_every_line_of_the_text_that_the_log_commits_to() {
    let now = Instant::now();
    let asked = question(now);
    let committed = deskhand_session::Question {
        number: asked.id,
        peer: 1,
        technician: asked.technician.clone(),
        organisation: "Acme Support".into(),
        standing: Standing::Unknown,
        ticket: asked.ticket.clone(),
        reason: asked.reason.clone(),
        scopes: asked.scopes,
        minutes: asked.minutes,
        recording: asked.recording,
        answerable_at: 0,
        asked_at: 0,
        expires_at: 1,
        text: String::new(),
    };
    let text = wording::consent_text(&committed, "Unknown organisation");
    let window = window_of(snapshot(Page::Question(asked)), now, [600.0, 900.0]);
    let of = |node: egui_kittest::Node<'_>| {
        let node = node.accesskit_node();
        node.label().or_else(|| node.value())
    };
    let shown: String = window.root().children_recursive().filter_map(of).collect::<Vec<_>>().join("\n");
    for part in text.lines().flat_map(|line| line.split(": ")).filter(|part| !matches!(*part, "Reason")) {
        assert!(shown.contains(part), "{part:?} is not shown in {shown}");
    }
}

#[test]
fn enter_and_space_do_not_allow() {
    let now = Instant::now();
    let mut window = window(Page::Question(question(now)), now);
    press(&mut window, egui::Key::Enter);
    press(&mut window, egui::Key::Space);
    assert_eq!(window.state().commands, []);
}

#[test]
fn escape_is_no() {
    let now = Instant::now();
    let mut window = window(Page::Question(question(now)), now);
    press(&mut window, egui::Key::Escape);
    assert_eq!(window.state().commands, [answer(Scopes::NONE, AnswerInput::Key)]);
}

#[test]
fn allow_gives_what_is_switched_on() {
    let now = Instant::now();
    let mut window = window(Page::Question(question(now)), now);
    click(&mut window, "Use my mouse and keyboard. Move your mouse and type for you.");
    click(&mut window, "Allow");
    assert_eq!(window.state().commands, [answer(Scopes::of([Scope::View]), AnswerInput::Pointer)]);
}

#[test]
fn the_mouse_goes_with_the_screen() {
    let now = Instant::now();
    let mut window = window(Page::Question(question(now)), now);
    click(&mut window, "See my screen. See everything on your screen.");
    click(&mut window, "Allow");
    assert_eq!(window.state().commands, [], "nothing is left to allow");
    click(&mut window, "No");
    assert_eq!(window.state().commands, [answer(Scopes::NONE, AnswerInput::Pointer)]);
}

#[test]
fn allow_waits_while_the_pause_runs_and_no_does_not() {
    let now = Instant::now();
    let asked = Question { allow_from: now + Duration::from_millis(4_200), ..question(now) };
    let mut window = window(Page::Question(asked), now);
    click(&mut window, "Allow (wait 5)");
    assert_eq!(window.state().commands, []);
    window.state_mut().now = now + Duration::from_secs(5);
    window.run_steps(2);
    click(&mut window, "Allow");
    assert_eq!(window.state().commands.len(), 1);
}

#[test]
fn a_new_question_starts_with_its_own_switches() {
    let now = Instant::now();
    let mut window = window(Page::Question(question(now)), now);
    click(&mut window, "See my screen. See everything on your screen.");
    window.state_mut().snapshot.page = Page::Question(Question { id: 5, ..question(now) });
    window.run_steps(2);
    click(&mut window, "Allow");
    let both = Scopes::of(Scope::ALL);
    assert_eq!(window.state().commands, [Command::Answer { question: 5, scopes: both, input: AnswerInput::Pointer, recorded: true }]);
}

#[test]
fn a_question_during_a_session_keeps_stop_in_sight() {
    let now = Instant::now();
    let asked = Question { session: Some(session(now)), already: Scopes::of([Scope::View]), ..question(now) };
    let mut window = window(Page::Question(asked), now);
    click(&mut window, "Stop");
    assert_eq!(window.state().commands, [Command::Stop(AnswerInput::Pointer)]);
}

#[test]
fn the_banner_says_who_what_and_how_long_and_stops() {
    let now = Instant::now();
    let mut window = window(Page::Session(session(now)), now + Duration::from_secs(125));
    for label in ["Ana Ruiz can see your screen and use your mouse and keyboard", "for 2 minutes", "Ctrl+Shift+F12 stops everything too."] {
        window.get_by_label(label);
    }
    click(&mut window, "Stop control");
    click(&mut window, "Stop");
    press(&mut window, egui::Key::Escape);
    let expected = [Command::StopControl(AnswerInput::Pointer), Command::Stop(AnswerInput::Pointer), Command::Stop(AnswerInput::Key)];
    assert_eq!(window.state().commands, expected);
}

#[test]
fn a_still_banner_is_drawn_again_in_a_minute_and_not_before() {
    let now = Instant::now();
    let mut window = window(Page::Session(session(now)), now + Duration::from_secs(5));
    window.run_steps(5);
    let delay = window.output().viewport_output[&egui::ViewportId::ROOT].repaint_delay;
    assert!(delay > Duration::from_secs(50), "{delay:?}");
}

#[test]
fn the_end_page_says_that_nobody_can_see_the_screen() {
    let now = Instant::now();
    let ended = Ended { reason: Reason::Link, session: "abc".into(), was_seen: true, receipt: None };
    let mut window = window(Page::Ended(ended), now);
    window.get_by_label("The session is over. Nobody can see your screen any more.");
    window.get_by_label("The connection was lost.");
    click(&mut window, "Close");
    assert_eq!(window.state().commands, [Command::Quit]);
}

#[test]
fn an_error_says_what_to_do() {
    let now = Instant::now();
    let failure =
        Failure { what: "The relay cannot be reached at relay.example:4433.".into(), hint: "Check your network.".into(), retry: true };
    let mut window = window(Page::Failed(failure), now);
    window.get_by_label("Check your network.");
    click(&mut window, "Try again");
    assert_eq!(window.state().commands, [Command::Retry]);
}

#[test]
fn a_burned_code_is_explained_and_can_be_replaced() {
    let now = Instant::now();
    let mut window = window(Page::CodeOver(CodeOver::Burned), now);
    window.get_by_label(wording::code_over(CodeOver::Burned));
    click(&mut window, "New code");
    assert_eq!(window.state().commands, [Command::NewCode]);
}

#[test]
fn notices_are_said_in_words() {
    let now = Instant::now();
    let noticed = Snapshot { notices: vec![Notice::LineLost, Notice::StaleClick], ..snapshot(Page::Session(session(now))) };
    let window = window_of(noticed, now, [440.0, 190.0]);
    window.get_by_label(&Notice::StaleClick.text());
}

#[test]
fn the_answers_stay_in_sight_in_a_small_window_and_with_long_names() {
    let now = Instant::now();
    let long = "Maximiliane-Alexandra von Hohenlohe-Waldenburg-Schillingsfürst ".repeat(4);
    let asked = Question { technician: long.clone(), reason: Some(long.repeat(3)), ticket: Some(long), ..question(now) };
    let window = window_of(snapshot(Page::Question(asked)), now, [320.0, 300.0]);
    for label in ["Allow", "No"] {
        let rect = window.get_by_label(label).rect();
        assert!(rect.min.x >= 0.0 && rect.max.x <= 320.0 && rect.min.y >= 0.0 && rect.max.y <= 300.0, "{label} at {rect:?}");
    }
}
