//! Small charts as SVG: logarithmic axes, points, whiskers, lines. Readable on a light and on a dark page.
//!
//! In scope: one panel at a place of a sheet, and the sheet. Not in scope: which figures are drawn (`plots`).

use std::fmt::Write as _;

/// Colours by class: the page's own ground is painted, so the picture does not depend on what is behind it.
const STYLE: &str = "text{font:12px system-ui,sans-serif;fill:#1f2328}.t{font-size:15px;font-weight:600}.m{fill:#59636e}\
.g{stroke:#d1d9e0;stroke-width:1}.a{stroke:#59636e;stroke-width:1;fill:none}.p{fill:#fff}\
path,.w{fill:none;stroke-width:1.75}.d{stroke-dasharray:5 4}\
.s0{stroke:#59636e}.s1{stroke:#0969da}.s2{stroke:#bc4c00}.s3{stroke:#1a7f37}.s4{stroke:#8250df}.s5{stroke:#cf222e}\
circle.s0{fill:#59636e}circle.s1{fill:#0969da}circle.s2{fill:#bc4c00}circle.s3{fill:#1a7f37}circle.s4{fill:#8250df}circle.s5{fill:#cf222e}\
@media (prefers-color-scheme:dark){text{fill:#f0f6fc}.m{fill:#9198a1}.g{stroke:#30363d}.a{stroke:#9198a1}.p{fill:#0d1117}\
.s0{stroke:#9198a1}.s1{stroke:#58a6ff}.s2{stroke:#f0883e}.s3{stroke:#3fb950}.s4{stroke:#bc8cff}.s5{stroke:#ff7b72}\
circle.s0{fill:#9198a1}circle.s1{fill:#58a6ff}circle.s2{fill:#f0883e}circle.s3{fill:#3fb950}circle.s4{fill:#bc8cff}circle.s5{fill:#ff7b72}}";

/// How an axis runs.
#[derive(Clone, Debug)]
pub(crate) enum Axis {
    /// From the smallest to the largest value, which are over 0, by powers of ten.
    Log { from: f64, to: f64 },
    /// One place for each name; values are 0, 1, 2 …
    Names(Vec<String>),
}

impl Axis {
    /// A logarithmic axis that holds these values with a little room; values of 0 and below have no place on it.
    pub(crate) fn log(values: impl IntoIterator<Item = f64>) -> Self {
        let (mut from, mut to) = (f64::INFINITY, 0.0_f64);
        for value in values.into_iter().filter(|value| *value > 0.0 && value.is_finite()) {
            (from, to) = (from.min(value), to.max(value));
        }
        if to == 0.0 { Self::Log { from: 0.1, to: 10.0 } } else { Self::Log { from: from / 1.6, to: to * 1.6 } }
    }

    /// Where a value lies, 0 to 1; nothing when it has no place.
    fn place(&self, value: f64) -> Option<f64> {
        let place = match self {
            Self::Log { from, to } => (value / from).ln() / (to / from).ln(),
            Self::Names(names) => (value + 0.5) / names.len() as f64,
        };
        (-1e-9..=1.0 + 1e-9).contains(&place).then_some(place)
    }

    /// Values with their labels: powers of ten, with 2 and 5 between them when there are few; of names as many as have room.
    fn ticks(&self, room: usize) -> Vec<(f64, String)> {
        match self {
            Self::Log { from, to } => {
                let (low, high) = (from.log10().floor() as i32, to.log10().ceil() as i32);
                let decades = (low..=high).map(|power| 10.0_f64.powi(power));
                let within = |value: &f64| (from..=to).contains(&value);
                let mut ticks: Vec<f64> = decades.clone().filter(within).collect();
                if ticks.len() < 3 {
                    ticks = decades.flat_map(|decade| [decade, 2.0 * decade, 5.0 * decade]).filter(within).collect();
                }
                ticks.into_iter().map(|value| (value, short(value))).collect()
            }
            Self::Names(names) => {
                let step = names.len().div_ceil(room.max(1)).max(1);
                let newest = names.len().saturating_sub(1) % step;
                names.iter().enumerate().skip(newest).step_by(step).map(|(at, name)| (at as f64, name.clone())).collect()
            }
        }
    }
}

/// `0.01`, `20`, `5k`, `1M`.
fn short(value: f64) -> String {
    let (value, unit) = [(1e6, "M"), (1e3, "k")]
        .into_iter()
        .find(|(size, _)| value >= 0.999 * size)
        .map_or((value, ""), |(size, unit)| (value / size, unit));
    let digits = if value >= 0.999 { 0 } else { (-value.log10()).ceil() as usize };
    format!("{value:.digits$}{unit}")
}

/// What is drawn with one colour.
#[derive(Clone, Debug, Default)]
pub(crate) struct Series {
    pub(crate) name: String,
    /// 0 to 5.
    pub(crate) colour: usize,
    pub(crate) points: Vec<(f64, f64)>,
    /// From each point up to here, as a thin line.
    pub(crate) whiskers: Vec<f64>,
    /// Whether the points are dots, and joined.
    pub(crate) dots: bool,
    pub(crate) joined: bool,
    pub(crate) dashed: bool,
}

/// A coordinate system with its series.
#[derive(Clone, Debug)]
pub(crate) struct Panel {
    pub(crate) title: String,
    pub(crate) x: Axis,
    pub(crate) x_title: String,
    pub(crate) y: Axis,
    pub(crate) series: Vec<Series>,
}

/// A picture in the making.
pub(crate) struct Sheet {
    width: f64,
    height: f64,
    body: String,
}

fn safe(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

impl Sheet {
    pub(crate) fn new(width: f64, height: f64) -> Self {
        Self { width, height, body: String::new() }
    }

    fn put(&mut self, part: std::fmt::Arguments<'_>) {
        // Writing into a String does not fail.
        let _ = self.body.write_fmt(part);
        self.body.push('\n');
    }

    pub(crate) fn text(&mut self, x: f64, y: f64, class: &str, anchor: &str, text: &str) {
        self.put(format_args!(r#"<text x="{x:.1}" y="{y:.1}" class="{class}" text-anchor="{anchor}">{}</text>"#, safe(text)));
    }

    fn line(&mut self, class: &str, from: (f64, f64), to: (f64, f64)) {
        self.put(format_args!(r#"<line class="{class}" x1="{:.1}" y1="{:.1}" x2="{:.1}" y2="{:.1}"/>"#, from.0, from.1, to.0, to.1));
    }

    /// Names of series in a row.
    pub(crate) fn legend(&mut self, mut x: f64, y: f64, series: &[Series]) {
        for one in series {
            let class = format!("w s{}{}", one.colour, if one.dashed { " d" } else { "" });
            if one.joined {
                self.line(&class, (x, y - 4.0), (x + 18.0, y - 4.0));
            }
            if one.dots {
                self.put(format_args!(r#"<circle class="s{}" cx="{:.1}" cy="{:.1}" r="3"/>"#, one.colour, x + 9.0, y - 4.0));
            }
            self.text(x + 24.0, y, "", "start", &one.name);
            x += 44.0 + 6.6 * one.name.chars().count() as f64;
        }
    }

    /// A panel whose whole room, labels included, is this rectangle.
    pub(crate) fn panel(&mut self, x: f64, y: f64, width: f64, height: f64, panel: &Panel) {
        let (left, top, right, bottom) = (x + 48.0, y + 26.0, x + width - 12.0, y + height - 40.0);
        let at_x = |value: f64| panel.x.place(value).map(|place| left + place * (right - left));
        let at_y = |value: f64| panel.y.place(value).map(|place| bottom - place * (bottom - top));
        self.text(x + 4.0, y + 14.0, "", "start", &panel.title);
        for (value, label) in panel.y.ticks(0) {
            let Some(at) = at_y(value) else { continue };
            self.line("g", (left, at), (right, at));
            self.text(left - 6.0, at + 4.0, "m", "end", &label);
        }
        for (value, label) in panel.x.ticks(((right - left) / 76.0) as usize) {
            let Some(at) = at_x(value) else { continue };
            self.line("g", (at, top), (at, bottom));
            self.text(at, bottom + 16.0, "m", "middle", &label);
        }
        self.put(format_args!(r#"<path class="a" d="M{left:.1} {top:.1}V{bottom:.1}H{right:.1}"/>"#));
        self.text((left + right) / 2.0, bottom + 33.0, "m", "middle", &panel.x_title);
        for one in &panel.series {
            let class = format!("s{}{}", one.colour, if one.dashed { " d" } else { "" });
            let places: Vec<(f64, f64)> = one.points.iter().filter_map(|&(x, y)| Some((at_x(x)?, at_y(y)?))).collect();
            if one.joined && places.len() > 1 {
                let path: Vec<String> = places.iter().map(|(x, y)| format!("{x:.1} {y:.1}")).collect();
                self.put(format_args!(r#"<path class="{class}" d="M{}"/>"#, path.join("L")));
            }
            for (&(x, y), &end) in one.points.iter().zip(&one.whiskers) {
                if let (Some(x), Some(y), Some(end)) = (at_x(x), at_y(y), at_y(end)) {
                    self.line(&format!("w {class}"), (x, y), (x, end));
                }
            }
            for (x, y) in places.iter().filter(|_| one.dots) {
                self.put(format_args!(r#"<circle class="s{}" cx="{x:.1}" cy="{y:.1}" r="3"/>"#, one.colour));
            }
        }
    }

    /// The file.
    pub(crate) fn finish(self) -> String {
        let (width, height, body) = (self.width, self.height, self.body);
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" height=\"{height}\">\n\
             <style>{STYLE}</style>\n<rect class=\"p\" width=\"{width}\" height=\"{height}\"/>\n{body}</svg>\n"
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(axis: &Axis, room: usize) -> Vec<String> {
        axis.ticks(room).into_iter().map(|(_, label)| label).collect()
    }

    #[test]
    fn ticks_are_powers_of_ten_or_between_them_when_few() {
        assert_eq!(labels(&Axis::Log { from: 20.0, to: 2e6 }, 0), ["100", "1k", "10k", "100k", "1M"]);
        assert_eq!(labels(&Axis::Log { from: 0.03, to: 0.6 }, 0), ["0.05", "0.1", "0.2", "0.5"]);
    }

    #[test]
    fn every_power_of_ten_has_its_place_and_nothing_else_has() {
        let axis = Axis::log([1.6, 1000.0 / 1.6, 0.0, -3.0, f64::NAN]);
        let near = |value: f64, place: f64| axis.place(value).is_some_and(|found| (found - place).abs() < 1e-9);
        assert!(near(1.0, 0.0) && near(10.0, 1.0 / 3.0) && near(1000.0, 1.0), "{axis:?}");
        assert_eq!([0.0, -1.0, 1e9, f64::NAN].map(|value| axis.place(value)), [None; 4]);
    }

    #[test]
    fn names_that_have_no_room_are_left_out_but_never_the_newest() {
        let names = Axis::Names((0..10).map(|run| format!("r{run}")).collect());
        assert_eq!(labels(&names, 4), ["r0", "r3", "r6", "r9"]);
        assert_eq!(labels(&names, 5), ["r1", "r3", "r5", "r7", "r9"]);
    }

    #[test]
    fn a_point_without_a_place_breaks_nothing() {
        let series = Series { points: vec![(1.0, 1.0), (2.0, 0.0), (3.0, 100.0)], dots: true, joined: true, ..Series::default() };
        let panel = Panel {
            title: "a < b & c".to_owned(),
            x: Axis::log([1.0, 3.0]),
            x_title: String::new(),
            y: Axis::log([1.0, 100.0]),
            series: vec![series],
        };
        let mut sheet = Sheet::new(400.0, 300.0);
        sheet.panel(0.0, 0.0, 400.0, 300.0, &panel);
        let picture = sheet.finish();
        assert_eq!(picture.matches("<circle").count(), 2);
        assert!(picture.contains("a &lt; b &amp; c") && !picture.contains("NaN") && !picture.contains("inf"), "{picture}");
    }
}
