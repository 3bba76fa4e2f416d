//! One microphone's captions: sound is pushed, hearings are done one by one.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use shoki_core::audio::{Millis, SampleIndex, SampleSpan};
use shoki_core::live::PartialCaption;
use shoki_core::transcript::{Doubt, Replacement, Segment, SegmentId, Token, WindowText};
use shoki_core::voice::VoiceVector;

use super::agreement::Agreement;
use super::cutter::{Cutter, LiveRules};
use super::held::Held;
use super::voices::Voices;
use crate::error::SpeechError;
use crate::recognise::doubt::{self, Sound};
use crate::recognise::transcribe::{Decoding, Heard, Search, Transcribe};
use crate::recognise::{as_told, hear_samples, judged};
use crate::vad::FRAME;
use crate::windows::SpeechWindow;

/// Speech this long of which nothing was understood is worth listening to (as in `meeting`).
const UNHEARD: Millis = Millis(800);

/// Whole frames of sound (−1 to 1) → one probability of speech each; remembers what came before.
pub type Probabilities = Box<dyn FnMut(&[f32]) -> Result<Vec<f32>, SpeechError> + Send>;
/// Sound, and where in it somebody speaks → what the voice sounds like; `None` when it is too short.
pub type MeanVoice = Box<dyn FnMut(&[i16], &[SampleSpan]) -> Result<Option<VoiceVector>, SpeechError> + Send>;

/// Puts the meeting's terms where the same sound was written otherwise.
pub type PutTerms = Box<dyn FnMut(&mut Vec<Token>) -> Vec<Replacement> + Send>;

/// What a captioner hears with.
pub struct Hearing {
    /// Finds speech.
    pub activity: Probabilities,
    /// Hears it.
    pub recogniser: Box<dyn Transcribe>,
    /// Tells voices; without it nobody is named.
    pub voice: Option<MeanVoice>,
    /// The meeting's terms as a prompt.
    pub prompt: String,
    /// The meeting's terms in final texts.
    pub put_terms: PutTerms,
}

impl std::fmt::Debug for Hearing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Hearing").finish_non_exhaustive()
    }
}

/// What a hearing brought.
#[derive(Clone, Debug, PartialEq)]
pub enum Caption {
    /// An utterance goes on.
    Partial(PartialCaption),
    /// An utterance has ended.
    Final {
        /// What was said.
        segment: Segment,
        /// What the voice sounds like.
        voice: Option<VoiceVector>,
    },
}

/// What was heard of an utterance up to a pause; nothing when the recogniser failed.
#[derive(Debug)]
struct Settled {
    span: SampleSpan,
    heard: Option<Heard>,
}

/// Hears one microphone.
#[derive(Debug)]
pub struct Captioner {
    hearing: Hearing,
    rules: LiveRules,
    voices: Voices,
    cutter: Cutter,
    sound: Held,
    /// Utterances that have ended and are not heard.
    waiting: VecDeque<SpeechWindow>,
    /// Given out by the next step.
    ready: Option<Caption>,
    /// Number of the next segment that ends.
    next: u64,
    /// The utterance that goes on: which segment, how far it was heard.
    open: SegmentId,
    heard_to: u64,
    /// What the last hearing of an utterance that goes on took.
    took: Duration,
    agreement: Agreement,
    /// Its last pause.
    settled: Option<Settled>,
}

impl Captioner {
    /// A captioner of sound that begins at `begins` of the recording; the next segment is `next` and
    /// `voices` those of the segments before.
    #[must_use]
    pub fn new(
        hearing: Hearing,
        rules: LiveRules,
        voices: Voices,
        begins: SampleIndex,
        next: SegmentId,
    ) -> Self {
        Self {
            hearing,
            rules,
            voices,
            cutter: Cutter::new(rules, begins),
            sound: Held::new(begins),
            waiting: VecDeque::new(),
            ready: None,
            next: next.0,
            open: SegmentId(0),
            heard_to: begins.0,
            took: Duration::ZERO,
            agreement: Agreement::default(),
            settled: None,
        }
    }

    /// Takes the next sound (16 kHz, one channel) and finds where people speak in it; hears nothing yet.
    ///
    /// # Errors
    /// `Engine` when the voice detector fails.
    pub fn push(&mut self, samples: &[i16]) -> Result<(), SpeechError> {
        self.sound.extend(samples.iter().copied());
        let whole = (self.sound.end() - self.cutter.now()) / FRAME * FRAME;
        self.find(whole)
    }

    /// The recording has ended: what goes on is heard to its end by the steps that follow.
    ///
    /// # Errors
    /// `Engine` when the voice detector fails.
    pub fn end(&mut self) -> Result<(), SpeechError> {
        let rest = self.sound.end() - self.cutter.now();
        if rest > 0 {
            let missing = (FRAME - rest % FRAME) % FRAME;
            self.sound.extend((0..missing).map(|_| 0));
            self.find(rest + missing)?;
        }
        self.waiting.extend(self.cutter.finish());
        Ok(())
    }

    fn find(&mut self, count: u64) -> Result<(), SpeechError> {
        let from = self.cutter.now();
        let samples = self.sound.read(SampleSpan::new(from, from + count));
        let probabilities = (self.hearing.activity)(&floats(&samples))?;
        for (frame, probability) in samples.chunks(FRAME as usize).zip(probabilities) {
            let energy = frame
                .iter()
                .map(|&sample| u64::from(sample.unsigned_abs()).pow(2))
                .sum();
            self.waiting.extend(self.cutter.push(probability, energy));
        }
        let first_waiting = self.waiting.front().map(|window| window.span.start.0);
        let wanted = self.cutter.wanted_from();
        self.sound
            .forget_before(first_waiting.unwrap_or(wanted).min(wanted));
        Ok(())
    }

    /// How much sound was pushed and is in no text yet.
    #[must_use]
    pub fn behind(&self) -> Millis {
        let heard = match (self.waiting.front(), self.cutter.open()) {
            (Some(window), _) => window.span.start.0,
            (None, Some(open)) => self.heard_to.clamp(open.span.start.0, self.cutter.now()),
            (None, None) => self.cutter.now(),
        };
        SampleIndex(self.cutter.now() - heard).time()
    }

    /// Does the next hearing, the oldest ended utterance first; `None` when there is nothing to hear yet.
    ///
    /// # Errors
    /// `Recogniser`, `Engine`. An utterance that could not be heard is given out by the next step, saying so.
    pub fn step(&mut self) -> Result<Option<Caption>, SpeechError> {
        if let Some(ready) = self.ready.take() {
            return Ok(Some(ready));
        }
        match self.waiting.pop_front() {
            Some(window) => self.hear_final(&window).map(Some),
            None => self.hear_open(),
        }
    }

    fn hear_final(&mut self, window: &SpeechWindow) -> Result<Caption, SpeechError> {
        let samples = self.sound.read(window.span);
        let id = SegmentId(self.next);
        self.next += 1;
        let heard = self.hear_ended(&floats(&samples), window, id);
        let (text, failed) = match heard {
            Ok(text) => (text, None),
            Err(error) => (failed_text(), Some(error)),
        };
        let spoken = SampleIndex(window.speech.iter().map(|span| span.len()).sum()).time();
        let voice = match &mut self.hearing.voice {
            Some(voice) => {
                let within = |span: &SampleSpan| {
                    let start = window.span.start.0;
                    SampleSpan::new(span.start.0 - start, span.end.0 - start)
                };
                let speech: Vec<SampleSpan> = window.speech.iter().map(within).collect();
                // Whose voice it is may stay unknown; what was said may not.
                voice(&samples, &speech).ok().flatten()
            }
            None => None,
        };
        let speaker = voice
            .as_ref()
            .and_then(|voice| self.voices.assign(voice, spoken.0));
        let mut segment = segment_of(id, window, text, spoken);
        segment.speaker = speaker;
        segment.replacements = (self.hearing.put_terms)(&mut segment.tokens);
        let caption = Caption::Final { segment, voice };
        match failed {
            None => Ok(caption),
            Some(error) => {
                self.ready = Some(caption);
                Err(error)
            }
        }
    }

    /// What an utterance says that has ended.
    fn hear_ended(
        &mut self,
        samples: &[f32],
        window: &SpeechWindow,
        id: SegmentId,
    ) -> Result<WindowText, SpeechError> {
        let model = self.hearing.recogniser.as_mut();
        // It mostly ends in the pause up to which it was heard.
        let settled = self.settled.take().filter(|settled| settled.span == window.span);
        if let Some(heard) = settled.and_then(|settled| settled.heard) {
            return judged(heard, samples, window, model);
        }
        // An utterance that was cut may end before what was firm of it.
        let begins = match self.open == id {
            true => self.agreement.pieces(SampleIndex(window.span.len()).time()),
            false => Vec::new(),
        };
        let decoding = Decoding {
            prompt: &self.hearing.prompt,
            search: Search::Greedy,
            begins: &begins,
        };
        hear_samples(samples, window, model, &decoding)
    }

    fn hear_open(&mut self) -> Result<Option<Caption>, SpeechError> {
        let Some(window) = self.cutter.open() else {
            return Ok(None);
        };
        if self.open != SegmentId(self.next) {
            self.open = SegmentId(self.next);
            self.agreement = Agreement::default();
            self.settled = None;
        }
        // A knock may have opened an utterance that came to nothing.
        self.heard_to = self.heard_to.max(window.span.start.0);
        if self.cutter.is_silent() {
            return self.settle(window.span.end);
        }
        let end = window.span.end.0;
        // Hearings in between take half of the time at most: on a slow machine there are fewer of them.
        if end - self.heard_to < self.rules.hear_after(self.took).sample().0 {
            return Ok(None);
        }
        self.heard_to = end;
        let samples = floats(&self.sound.read(window.span));
        let begun = Instant::now();
        let heard = self.hear_told(&samples, &window);
        self.took = begun.elapsed();
        let mut heard = heard?;
        if self.agreement.retract(&heard) {
            heard = self.hear_told(&samples, &window)?;
        }
        let sound = Sound::measure(&samples, &window);
        let doubts = doubt::doubts(&heard, &sound);
        if !doubt::is_invented(&doubts, &sound) && !doubts.contains(&Doubt::Repeats) {
            self.agreement.add(&heard);
        }
        Ok(Some(self.partial(&window)))
    }

    /// What the utterance says so far, beginning with what is firm of it.
    fn hear_told(&mut self, samples: &[f32], window: &SpeechWindow) -> Result<Heard, SpeechError> {
        let decoding = Decoding {
            prompt: &self.hearing.prompt,
            search: Search::Greedy,
            begins: &self.agreement.pieces(SampleIndex(window.span.len()).time()),
        };
        self.hearing.recogniser.transcribe(samples, &decoding)
    }

    /// Nobody speaks: what was said is heard once as it would end here, when the pause is long enough; what was firm
    /// must be as likely, as in a final. A machine that does not keep up leaves it to the final.
    fn settle(&mut self, now: SampleIndex) -> Result<Option<Caption>, SpeechError> {
        let keeps_up = self.rules.hear_after(self.took) == self.rules.hear_every;
        let is_known = |window: &SpeechWindow| {
            let settled = self.settled.as_ref();
            settled.is_some_and(|settled| settled.span == window.span)
        };
        let Some(window) = self
            .cutter
            .paused()
            .filter(|window| keeps_up && !is_known(window))
        else {
            return Ok(None);
        };
        self.heard_to = now.0;
        let samples = floats(&self.sound.read(window.span));
        let decoding = Decoding {
            prompt: &self.hearing.prompt,
            search: Search::Greedy,
            begins: &self.agreement.pieces(SampleIndex(window.span.len()).time()),
        };
        let heard = as_told(&samples, self.hearing.recogniser.as_mut(), &decoding);
        // One that failed is not asked again before the utterance ends.
        self.settled = Some(Settled {
            span: window.span,
            heard: heard.as_ref().ok().cloned(),
        });
        let heard = heard?;
        // What is doubtful is heard again when the utterance ends.
        if doubt::doubts(&heard, &Sound::measure(&samples, &window)).is_empty() {
            self.agreement.settle(&heard);
        }
        Ok(Some(self.partial(&window)))
    }

    /// The utterance that goes on, heard up to the end of `window`.
    fn partial(&self, window: &SpeechWindow) -> Caption {
        Caption::Partial(PartialCaption {
            segment: self.open,
            start: window.speech[0].start.time(),
            end: window.span.end.time(),
            firm: self.agreement.firm().to_owned(),
            tentative: self.agreement.tentative().to_owned(),
        })
    }
}

fn floats(samples: &[i16]) -> Vec<f32> {
    samples
        .iter()
        .map(|&sample| f32::from(sample) / 32_768.0)
        .collect()
}

fn failed_text() -> WindowText {
    WindowText {
        doubts: vec![Doubt::Failed],
        ..WindowText::default()
    }
}

fn segment_of(id: SegmentId, window: &SpeechWindow, text: WindowText, spoken: Millis) -> Segment {
    let mut doubts = text.doubts;
    if text.tokens.is_empty()
        && (spoken >= UNHEARD || text.withheld.is_some())
        && !doubts.contains(&Doubt::Failed)
    {
        doubts.push(Doubt::Unheard);
    }
    Segment {
        id,
        channel: 0,
        start: window.speech[0].start.time(),
        end: window.speech[window.speech.len() - 1].end.time(),
        speaker: None,
        tokens: text.tokens,
        doubts,
        overlap: false,
        replacements: Vec::new(),
        withheld: text.withheld,
        version: 0,
    }
}
