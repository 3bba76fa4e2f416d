//! The captions of one session: a thread that follows the sound's file.
//!
//! Promises: sound is heard in order and whole; when hearing is slower than speaking, the thread reads no
//! further ahead than [`AHEAD`], and how far it is behind is shown. When the recogniser cannot be had, it is
//! asked for again and the session says why there is no text. Never: sound that is not on disk yet.
//!
//! Not niced, unlike the workers' threads: who speaks now goes before who waits for tomorrow's minutes.

use std::fs::File;
use std::sync::Arc;
use std::time::{Duration, Instant};

use shoki_core::audio::{Millis, SampleIndex};
use shoki_core::live::LiveEvent;
use shoki_speech::live::{Caption, Captioner, Voices};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::hearing::{Ear, HearingMaker};
use super::session::{Session, Synced};
use super::sound_log::LogReader;

/// How far sound is read ahead of what is heard: two of the longest utterances.
const AHEAD: Millis = Millis(30_000);
/// Sound read between two hearings.
const AT_ONCE: u64 = Millis(10_000).sample().0;
/// Time after which a recogniser that could not be had is asked for again.
const ASK_AGAIN: Duration = Duration::from_secs(5);
/// When a session that has ended is this far behind, its captions are not finished: the job hears it all.
const FINISHED_UP_TO: Millis = Millis(20_000);

/// What the thread works with.
pub(super) struct Captions {
    pub session: Arc<Session>,
    pub hearing: HearingMaker,
    pub synced: watch::Receiver<Synced>,
    /// Ends the thread at once.
    pub hush: CancellationToken,
}

/// Why the thread waits.
enum Wake {
    Sound,
    Hushed,
}

impl Captions {
    /// Writes captions until the session closes. Logs what goes wrong.
    pub(super) fn run(mut self) {
        if let Err(error) = self.follow() {
            tracing::error!(error = format!("{error:#}"), "captions ended");
            self.session
                .trouble(Some(shoki_core::code::ErrorCode::EngineFailed));
        }
    }

    fn follow(&mut self) -> anyhow::Result<()> {
        let Some((mut captioner, mut ear)) = self.ears()? else {
            return Ok(());
        };
        let (begins, ..) = self.session.journal().resume(Voices::new(0.0));
        let mut reader = LogReader::new(File::open(self.session.sound_path())?);
        // Samples that came out of the file, and how many of them were heard before a restart.
        let mut read = 0_u64;
        let mut skip = begins.0;
        loop {
            let synced = *self.synced.borrow_and_update();
            let (mut fresh, mut at_end) = (0, false);
            while fresh < AT_ONCE && captioner.behind() < AHEAD {
                let samples = match reader.next(synced.bytes)? {
                    Some(payload) => ear.hear(payload),
                    None => {
                        at_end = true;
                        break;
                    }
                };
                fresh += samples.len() as u64;
                read += samples.len() as u64;
                push(&mut captioner, &samples, &mut skip)?;
            }
            self.session.heard(Millis(
                SampleIndex(read).time().0.saturating_sub(captioner.behind().0),
            ));
            if self.hush.is_cancelled() {
                return Ok(());
            }
            if self.step(&mut captioner)? || fresh > 0 {
                continue;
            }
            if at_end && synced.closed {
                push(&mut captioner, &ear.flush(), &mut skip)?;
                captioner.end()?;
                while !self.hush.is_cancelled() && self.step(&mut captioner)? {}
                return Ok(());
            }
            if matches!(self.wait(None), Wake::Hushed) {
                return Ok(());
            }
        }
    }

    /// A captioner that goes on where the last final ended; `None` when the session closed first.
    fn ears(&mut self) -> anyhow::Result<Option<(Captioner, Ear)>> {
        loop {
            match (self.hearing)(&self.session.head) {
                Ok(made) => {
                    self.session.trouble(None);
                    let (begins, next, voices) = self.session.journal().resume(Voices::new(made.same_voice));
                    let captioner = Captioner::new(made.hearing, made.rules, voices, begins, next);
                    return Ok(Some((captioner, made.ear)));
                }
                Err(code) => self.session.trouble(Some(code)),
            }
            let until = Instant::now() + ASK_AGAIN;
            while Instant::now() < until {
                if matches!(self.wait(Some(until)), Wake::Hushed) || self.synced.borrow().closed {
                    return Ok(None);
                }
            }
        }
    }

    /// One hearing; whether there was one. A hearing that fails is said in the log and in the text.
    fn step(&self, captioner: &mut Captioner) -> anyhow::Result<bool> {
        let caption = match captioner.step() {
            Ok(Some(caption)) => caption,
            Ok(None) => return Ok(false),
            Err(error) => {
                tracing::warn!(
                    error = &error as &dyn std::error::Error,
                    "an utterance was not heard"
                );
                return Ok(true);
            }
        };
        match caption {
            Caption::Partial(partial) => self.session.show(|now| now.partial = Some(partial)),
            Caption::Final { segment, voice } => {
                self.session.say(LiveEvent::Final { segment }, voice)?;
            }
        }
        Ok(true)
    }

    /// Waits for sound, for the end, or until a time.
    fn wait(&mut self, until: Option<Instant>) -> Wake {
        let hush = self.hush.clone();
        let synced = &mut self.synced;
        let handle = tokio::runtime::Handle::current();
        handle.block_on(async {
            let timer = async {
                match until {
                    Some(until) => tokio::time::sleep_until(until.into()).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                () = hush.cancelled() => Wake::Hushed,
                changed = synced.changed() => match changed {
                    Ok(()) => Wake::Sound,
                    // The recorder has gone without closing: the process ends.
                    Err(_) => Wake::Hushed,
                },
                () = timer => Wake::Sound,
            }
        })
    }
}

/// Pushes samples, without those that were heard before a restart.
fn push(captioner: &mut Captioner, samples: &[i16], skip: &mut u64) -> anyhow::Result<()> {
    let heard = usize::try_from(*skip).unwrap_or(usize::MAX).min(samples.len());
    *skip -= heard as u64;
    if heard < samples.len() {
        captioner.push(&samples[heard..])?;
    }
    Ok(())
}

/// Whether the captions of a session that has ended are worth finishing.
pub(super) fn is_worth_finishing(behind: Millis) -> bool {
    behind <= FINISHED_UP_TO
}
