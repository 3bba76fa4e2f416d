//! whisper.cpp behind [`Transcribe`].
//!
//! Promises: weights are read once and shared by every state, each state has its own thread; a window is
//! padded to what the model hears at least and encoded no longer than it is; a character is never torn
//! between tokens. Never: `set_abort_callback_safe` of whisper-rs 0.16 (unsound); the library's own log,
//! which holds what was said.

use std::io::Read as _;
use std::ops::Range;
use std::sync::Arc;

use shoki_core::audio::{Millis, SAMPLE_RATE};
use shoki_core::digest::Sha256;
use shoki_core::manifest::{AlignmentHeads, ModelManifest, SpeechSettings};
use shoki_core::transcript::Token;
use shoki_engine::{EngineError, ModelStore, VerifiedModel};
use whisper_rs::{
    DtwAhead, DtwMode, DtwModelPreset, DtwParameters, FullParams, SamplingStrategy, WhisperContext,
    WhisperContextParameters, WhisperState,
};

use super::beginning::Beginning;
use super::cores::Cores;
use super::transcribe::{Decoding, Heard, Piece, Search, Transcribe};
use crate::error::SpeechError;

/// Changes when windows are given to the model in another way.
const PROCEDURE: &str = "whisper-3";
/// Samples of one position of the encoder: 20 ms.
const POSITION: usize = SAMPLE_RATE as usize / 50;
/// Positions encoded beyond the sound where the model does not say: with none, models that only ever heard 30 s
/// repeat the end.
const MARGIN: usize = 64;
/// Positions are a multiple of this: the encoder's attention sums over them, and ggml's blocked products take
/// sums of whole vector registers only.
const POSITIONS_BY: usize = 16;
/// Shortest sound given, 1.1 s: shorter ones are refused or guessed at.
const SHORTEST: usize = SAMPLE_RATE as usize * 11 / 10;
/// Tokens of one segment at most: so many a second of sound, and so many more. Who speaks fast says ten characters a
/// second, of which rare ones take two or three tokens. A text that goes on beyond it repeats itself, up to 224 tokens
/// otherwise, each as long as one that was said.
const TOKENS_PER_SECOND: usize = 20;
const FURTHER_TOKENS: usize = 20;
/// Hypotheses side by side, as whisper.cpp's own command line has it.
const BEAM: i32 = 5;
/// Width of an encoder (that of Whisper's tiny) below which more threads than one slow a hearing down: whisper.cpp
/// starts its threads anew for every graph, which is every token, and they wait for each other in a loop. With the
/// bundled model of 256 and two threads on two cores, live captions took 39 CPU s for a meeting of 79 s, seven tenths
/// of it waiting (p50 2.1 s, p95 5.2 s); 14 s with one (0.9 s, 2.4 s).
const WORTH_THREADS: i32 = 384;
/// Extension of a file that was packed to be kept in the tree.
const PACKED: &str = ".zst";

/// Weights that several recognisers share.
#[derive(Clone)]
pub struct WhisperModel {
    context: Arc<WhisperContext>,
    settings: SpeechSettings,
    fingerprint: Sha256,
    /// whisper.cpp keeps a pointer to the list and reads it for each state and window.
    _heads: Arc<[DtwAhead]>,
}

impl std::fmt::Debug for WhisperModel {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("WhisperModel")
            .field("fingerprint", &self.fingerprint)
            .finish_non_exhaustive()
    }
}

impl WhisperModel {
    /// Verifies and loads a model.
    ///
    /// # Errors
    /// What [`ModelStore::verify`] says; `Contract` when the manifest has no `[speech]` or the file is no
    /// whisper.cpp model.
    pub fn load(store: &ModelStore, manifest: &ModelManifest) -> Result<Self, EngineError> {
        Self::new(&store.verify(manifest)?)
    }

    /// A verified model's weights.
    ///
    /// # Errors
    /// `Contract` as in [`WhisperModel::load`].
    pub fn new(model: &VerifiedModel) -> Result<Self, EngineError> {
        // Before anything that could write what it reads to the standard error.
        whisper_rs::install_logging_hooks();
        let manifest = &model.manifest;
        let unfit = |detail: &str| EngineError::Contract {
            model: manifest.name.clone(),
            detail: detail.to_owned(),
        };
        let settings = manifest.speech.clone().ok_or_else(|| unfit("no [speech]"))?;
        let file = model.main_file()?;
        let unpacked;
        let weights = if file.name.ends_with(PACKED) {
            unpacked = unpack(&file.bytes).map_err(|_| unfit("the file cannot be unpacked"))?;
            &unpacked
        } else {
            &file.bytes
        };
        let heads: Arc<[DtwAhead]> = match &settings.alignment {
            Some(AlignmentHeads::Heads(heads)) => heads
                .iter()
                .map(|&(layer, head)| DtwAhead {
                    n_text_layer: i32::try_from(layer).unwrap_or(i32::MAX),
                    n_head: i32::try_from(head).unwrap_or(i32::MAX),
                })
                .collect(),
            _ => Arc::new([]),
        };
        let mode = match &settings.alignment {
            None => DtwMode::None,
            Some(AlignmentHeads::Heads(_)) => DtwMode::Custom { aheads: &heads },
            Some(AlignmentHeads::Preset(name)) => DtwMode::ModelPreset {
                model_preset: preset(name).ok_or_else(|| unfit("no such preset of alignment heads"))?,
            },
        };
        let mut parameters = WhisperContextParameters::new();
        parameters.dtw_parameters(DtwParameters {
            mode,
            ..DtwParameters::default()
        });
        let context = WhisperContext::new_from_buffer_with_params(weights, parameters)
            .map_err(|_| unfit("not a whisper.cpp model"))?;
        let mut seen = PROCEDURE.as_bytes().to_vec();
        seen.extend_from_slice(Sha256::of(&file.bytes).as_bytes());
        seen.extend_from_slice(format!("{settings:?}").as_bytes());
        Ok(Self {
            context: Arc::new(context),
            settings,
            fingerprint: Sha256::of(&seen),
            _heads: heads,
        })
    }

    /// How it is asked.
    #[must_use]
    pub const fn settings(&self) -> &SpeechSettings {
        &self.settings
    }

    /// A recogniser with memory of its own that hears on `cores`: with one thread where more would slow it down.
    ///
    /// # Errors
    /// `Recogniser` when there is no memory for it.
    pub fn recogniser(&self, cores: &Cores) -> Result<Whisper, SpeechError> {
        let is_narrow = self.context.model_n_audio_state() < WORTH_THREADS;
        Ok(Whisper {
            state: self.context.create_state()?,
            model: self.clone(),
            cores: (!is_narrow).then(|| cores.clone()),
        })
    }
}

/// One state of a model.
#[derive(Debug)]
pub struct Whisper {
    state: WhisperState,
    model: WhisperModel,
    /// Where it hears with more than one thread.
    cores: Option<Cores>,
}

impl Transcribe for Whisper {
    fn fingerprint(&self) -> Sha256 {
        self.model.fingerprint
    }

    fn transcribe(&mut self, samples: &[f32], decoding: &Decoding<'_>) -> Result<Heard, SpeechError> {
        let mut sound = samples.to_vec();
        sound.resize(sound.len().max(SHORTEST), 0.0);
        let mut parameters = self.parameters(sound.len(), decoding);
        let beginning = Beginning::new(decoding.begins, self.model.context.n_vocab());
        beginning.put_into(&mut parameters);
        let share = self.cores.as_ref().map(Cores::share);
        let threads = share.as_ref().map_or(1, |share| share.threads);
        parameters.set_n_threads(i32::try_from(threads).unwrap_or(i32::MAX));
        // Where the recogniser writes times, it may have to write a window in several segments.
        let is_one_segment = !self.model.settings.timestamps || !decoding.begins.is_empty();
        let most = samples.len() * TOKENS_PER_SECOND / SAMPLE_RATE as usize + FURTHER_TOKENS;
        if is_one_segment {
            parameters.set_max_tokens(i32::try_from(most).unwrap_or(i32::MAX));
        }
        self.state.full(parameters, &sound)?;
        let mut heard = self.read(samples.len(), &beginning.probabilities())?;
        let written: usize = heard.pieces.iter().map(Vec::len).sum();
        heard.is_cut_off = is_one_segment && written > most;
        Ok(heard)
    }
}

impl Whisper {
    fn parameters<'a>(&self, samples: usize, decoding: &'a Decoding<'a>) -> FullParams<'a, 'static> {
        let context = &self.model.context;
        let mut parameters = FullParams::new(match decoding.search {
            Search::Greedy => SamplingStrategy::Greedy { best_of: 1 },
            Search::Beam => SamplingStrategy::BeamSearch {
                beam_size: BEAM,
                patience: -1.0,
            },
        });
        parameters.set_language(Some("ja"));
        parameters.set_no_context(true);
        parameters.set_no_timestamps(!self.model.settings.timestamps);
        parameters.set_single_segment(!self.model.settings.timestamps);
        parameters.set_token_timestamps(true);
        parameters.set_suppress_blank(true);
        parameters.set_suppress_nst(true);
        parameters.set_temperature(0.0);
        // The second attempt is the caller's: it looks at the sound too.
        parameters.set_temperature_inc(0.0);
        parameters.set_print_progress(false);
        parameters.set_print_realtime(false);
        parameters.set_print_timestamps(false);
        parameters.set_print_special(false);
        let margin = self.model.settings.margin_ms.map_or(MARGIN, |margin| {
            (Millis(u64::from(margin)).sample().0 as usize).div_ceil(POSITION)
        });
        let positions = (samples.div_ceil(POSITION) + margin).next_multiple_of(POSITIONS_BY);
        let most = context.model_n_audio_ctx();
        parameters.set_audio_ctx(i32::try_from(positions).unwrap_or(most).min(most));
        let prompt: String = decoding
            .prompt
            .chars()
            .filter(|&c| c != '\0')
            .take(self.model.settings.prompt_characters as usize)
            .collect();
        if !prompt.is_empty() {
            parameters.set_initial_prompt(&prompt);
        }
        parameters
    }

    /// What the state holds; `samples` were given, and tokens that are `told` likely.
    fn read(&self, samples: usize, told: &[f32]) -> Result<Heard, SpeechError> {
        let end_of_text = self.model.context.token_eot();
        let last = Millis(samples as u64 * 1000 / u64::from(SAMPLE_RATE));
        let time = |centiseconds: i64| Millis((u64::try_from(centiseconds).unwrap_or(0) * 10).min(last.0));
        let mut heard = Heard::default();
        // What was told is certain to whisper.cpp.
        let mut told = told.iter();
        for segment in self.state.as_iter() {
            heard.no_speech = heard.no_speech.max(segment.no_speech_probability());
            let mut open = OpenToken::default();
            for position in 0..segment.n_tokens() {
                let Some(token) = segment.get_token(position) else {
                    break;
                };
                if token.token_id() >= end_of_text {
                    continue;
                }
                let data = token.token_data();
                let start = if data.t_dtw >= 0 { data.t_dtw } else { data.t0 };
                let piece = Piece(token.token_id());
                let probability = told.next().copied().unwrap_or(data.p);
                let span = time(start)..time(data.t1.max(start));
                open.add(token.to_bytes()?, span, (piece, probability));
                heard.extend(open.close());
            }
            heard.extend(open.give_up());
        }
        close_gaps(&mut heard.tokens, last);
        Ok(heard)
    }
}

/// Bytes of a character that came in several tokens.
#[derive(Default)]
struct OpenToken {
    bytes: Vec<u8>,
    start: Option<Millis>,
    end: Millis,
    pieces: Vec<Piece>,
    probabilities: Vec<f32>,
}

impl OpenToken {
    fn add(&mut self, bytes: &[u8], span: Range<Millis>, (piece, probability): (Piece, f32)) {
        self.bytes.extend_from_slice(bytes);
        self.pieces.push(piece);
        self.probabilities.push(probability);
        self.start.get_or_insert(span.start);
        self.end = self.end.max(span.end);
    }

    /// The token, when its bytes are whole characters.
    fn close(&mut self) -> Option<(Token, Vec<Piece>)> {
        std::str::from_utf8(&self.bytes).is_ok().then(|| self.give_up())?
    }

    /// The token as far as it came; what is no character is shown as the replacement character.
    fn give_up(&mut self) -> Option<(Token, Vec<Piece>)> {
        let held = std::mem::take(self);
        let start = held.start?;
        let token = Token {
            text: String::from_utf8_lossy(&held.bytes).into_owned(),
            start,
            end: held.end.max(start),
            probability: held.probabilities.iter().copied().fold(1.0, f32::min),
        };
        Some((token, held.pieces))
    }
}

/// Nobody speaks a character in less (14 a second, see [`super::doubt`]): where the alignment has lost its place, it
/// puts a whole sentence on one moment, mostly the window's last.
const SHORTEST_TOKEN: u64 = 70;

/// Alignment gives a moment for each token: it lasts until the next one's, times never run back, and a run of
/// tokens on one moment is spread out before it, as far as there is room. `last` is the window's end.
fn close_gaps(tokens: &mut [Token], last: Millis) {
    let mut latest = Millis(0);
    for token in tokens.iter_mut() {
        token.start = token.start.max(latest).min(last);
        token.end = token.end.max(token.start).min(last);
        latest = token.start;
    }
    let mut bound = last;
    for token in tokens.iter_mut().rev() {
        token.start = token.start.min(Millis(bound.0.saturating_sub(SHORTEST_TOKEN)));
        bound = token.start;
    }
    for position in 1..tokens.len() {
        let next = tokens[position].start;
        let token = &mut tokens[position - 1];
        token.end = token.end.min(next).max(token.start);
    }
}

fn unpack(packed: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut decoder = ruzstd::decoding::StreamingDecoder::new(packed).map_err(std::io::Error::other)?;
    let mut unpacked = Vec::new();
    decoder.read_to_end(&mut unpacked)?;
    Ok(unpacked)
}

fn preset(name: &str) -> Option<DtwModelPreset> {
    Some(match name {
        "tiny" => DtwModelPreset::Tiny,
        "base" => DtwModelPreset::Base,
        "small" => DtwModelPreset::Small,
        "medium" => DtwModelPreset::Medium,
        "large-v2" => DtwModelPreset::LargeV2,
        "large-v3" => DtwModelPreset::LargeV3,
        "large-v3-turbo" => DtwModelPreset::LargeV3Turbo,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens(starts: &[u64]) -> Vec<Token> {
        let token = |&start: &u64| Token {
            text: "あ".to_owned(),
            start: Millis(start),
            end: Millis(start),
            probability: 1.0,
        };
        starts.iter().map(token).collect()
    }

    fn starts(given: &[u64], last: u64) -> Vec<u64> {
        let mut tokens = tokens(given);
        close_gaps(&mut tokens, Millis(last));
        assert!(tokens.windows(2).all(|pair| pair[0].end <= pair[1].start));
        assert!(
            tokens
                .iter()
                .all(|token| token.start <= token.end && token.end.0 <= last)
        );
        tokens.iter().map(|token| token.start.0).collect()
    }

    #[test]
    fn a_sentence_on_one_moment_is_spread_out_before_it_and_all_else_stays() {
        assert_eq!(starts(&[100, 300, 500], 1_000), [100, 300, 500]);
        assert_eq!(starts(&[100, 980, 980, 980], 1_000), [100, 790, 860, 930]);
        assert_eq!(starts(&[300, 100, 500], 1_000), [230, 300, 500]);
        assert_eq!(starts(&[900, 900, 900], 100), [0, 0, 30], "no room");
        assert_eq!(starts(&[], 100), [0_u64; 0]);
    }
}
