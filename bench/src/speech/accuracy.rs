//! How well Shoki hears with the bundled model: made meetings at three levels of noise, held-out sentences, and
//! sounds in which nobody speaks.

use serde::Serialize;

use super::characters::{self, Errors};
use super::made::{Order, Recording, Scripts};
use super::models::BUNDLED;
use super::product::Product;
use super::truth::Heard;
use super::turns::{self, DiarizationErrors};
use crate::screen;

/// Seconds left out on either side of a true boundary.
const COLLAR: f64 = 0.25;
/// Numbers of speakers, taken in turn over all meetings.
const VOICES: [u32; 6] = [2, 3, 4, 3, 2, 4];

/// How loud the noise is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum Level {
    /// 40 dB below speech.
    Clean,
    /// 20 dB.
    Normal,
    /// 10 dB.
    Noisy,
}

impl Level {
    /// All.
    pub const ALL: [Self; 3] = [Self::Clean, Self::Normal, Self::Noisy];

    /// Signal to noise, dB.
    #[must_use]
    pub const fn snr(self) -> u32 {
        match self {
            Self::Clean => 40,
            Self::Normal => 20,
            Self::Noisy => 10,
        }
    }

    /// As the report calls it.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Clean => "clean",
            Self::Normal => "normal",
            Self::Noisy => "noisy",
        }
    }
}

/// One meeting, judged.
#[derive(Clone, Debug, Serialize)]
pub struct JudgedMeeting {
    /// Noise.
    pub level: Level,
    /// Seed.
    pub seed: u64,
    /// Length, seconds.
    pub seconds: f64,
    /// Whoever said it.
    pub cer: Errors,
    /// Who said it counts.
    pub cpcer: Errors,
    /// With a collar of 0.25 s.
    pub der: DiarizationErrors,
    /// Without.
    pub der_no_collar: DiarizationErrors,
    /// People who speak.
    pub speakers: usize,
    /// People who were heard.
    pub speakers_heard: usize,
    /// Characters where nobody speaks.
    pub invented: usize,
}

/// A sound in which nobody speaks.
#[derive(Clone, Debug, Serialize)]
pub struct JudgedNothing {
    /// Which.
    pub kind: &'static str,
    /// Characters written.
    pub invented: usize,
}

/// All of it.
#[derive(Clone, Debug, Serialize)]
pub struct Accuracy {
    /// Meetings.
    pub meetings: Vec<JudgedMeeting>,
    /// Held-out sentences: how many, and their errors.
    pub sentences: (usize, Errors),
    /// Sounds without speech.
    pub nothing: Vec<JudgedNothing>,
}

/// What is made and heard.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// Meetings of a level.
    pub meetings: u32,
    /// Seconds of a meeting, about.
    pub seconds: u32,
    /// Held-out sentences.
    pub sentences: u32,
    /// Seed of the first.
    pub seed: u64,
}

/// Makes the recordings, hears and judges them.
///
/// # Errors
/// When a recording cannot be made or the program fails.
pub fn measure(scripts: &Scripts, product: &Product, plan: Plan) -> anyhow::Result<Accuracy> {
    let mut meetings = Vec::new();
    let mut voices = VOICES.into_iter().cycle();
    for level in Level::ALL {
        for _ in 0..plan.meetings {
            let seed = plan.seed + meetings.len() as u64;
            let recording = scripts.meeting(Order {
                seed,
                seconds: plan.seconds,
                snr: level.snr(),
                voices: voices.next(),
                pauses: None,
            })?;
            let (heard, cost) = product.transcribe(BUNDLED, &recording.sound)?;
            let judged = judge(level, seed, &recording, &heard);
            screen::line(format!(
                "{} {seed}: CER {:.3}, cpCER {:.3}, DER {:.3}, {} of {} speakers, {} invented; {:.1} CPU s",
                level.label(),
                judged.cer.rate(),
                judged.cpcer.rate(),
                judged.der.rate(),
                judged.speakers_heard,
                judged.speakers,
                judged.invented,
                cost.cpu_seconds
            ));
            meetings.push(judged);
        }
    }
    let recording = scripts.sentences(plan.seed, plan.sentences)?;
    let (heard, _) = product.transcribe(BUNDLED, &recording.sound)?;
    let truth = &recording.truth.segments;
    let sentences = (truth.len(), characters::all(truth, &heard.segments));
    screen::line(format!(
        "{} held-out sentences: CER {:.3}",
        sentences.0,
        sentences.1.rate()
    ));
    let mut nothing = Vec::new();
    for (kind, sound) in scripts.no_speech(plan.seed)? {
        let (heard, _) = product.transcribe(BUNDLED, &sound)?;
        let invented = characters::invented(&[], &heard.segments);
        screen::line(format!("{kind}: {invented} characters invented"));
        nothing.push(JudgedNothing { kind, invented });
    }
    Ok(Accuracy {
        meetings,
        sentences,
        nothing,
    })
}

fn judge(level: Level, seed: u64, recording: &Recording, heard: &Heard) -> JudgedMeeting {
    let truth = &recording.truth;
    let der = |collar| turns::errors(&truth.turns(), &heard.turns, collar);
    JudgedMeeting {
        level,
        seed,
        seconds: truth.seconds,
        cer: characters::all(&truth.segments, &heard.segments),
        cpcer: characters::by_speaker(&truth.segments, &heard.segments),
        der: der(COLLAR),
        der_no_collar: der(0.0),
        speakers: truth.speakers(),
        speakers_heard: heard.speakers,
        invented: characters::invented(&truth.segments, &heard.segments),
    }
}

impl Accuracy {
    /// The meetings of a level, or all.
    pub fn of(&self, level: Option<Level>) -> impl Iterator<Item = &JudgedMeeting> {
        self.meetings
            .iter()
            .filter(move |meeting| level.is_none_or(|level| meeting.level == level))
    }

    /// Characters written where nobody speaks, everywhere.
    #[must_use]
    pub fn invented(&self) -> usize {
        let meetings: usize = self.meetings.iter().map(|meeting| meeting.invented).sum();
        meetings + self.nothing.iter().map(|nothing| nothing.invented).sum::<usize>()
    }
}
