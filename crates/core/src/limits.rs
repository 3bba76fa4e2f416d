//! Every limit of the product: a named constant with a unit and a reason. Exceeding one is
//! `ErrorCode::InputLimit` (or `PayloadTooLarge`), never a crash, and its siblings go on.

use std::time::Duration;

/// One uploaded document, bytes. 3,000 colour pages at 200 dpi are about 1.5 GB.
pub const MAX_DOCUMENT_BYTES: u64 = 2 * 1024 * 1024 * 1024;
/// Documents in one `POST /v1/batches`: one day's hot folder.
pub const MAX_BATCH_DOCUMENTS: usize = 200;
/// Characters of a document's name, as file systems allow.
pub const MAX_NAME_CHARS: usize = 255;
/// Bytes of a JSON request body; the largest legitimate one is under 4 KiB.
pub const MAX_JSON_BYTES: usize = 64 * 1024;
/// Largest JSON body that carries a synonym table, bytes: the shipped one has 140 KiB.
pub const MAX_TABLE_BYTES: usize = 1024 * 1024;
/// Pages of one document: ten times the largest stack seen (3,000).
pub const MAX_PAGES: u32 = 30_000;
/// Pixels of a page image as stored: A0 at 300 dpi is 139 MPixel.
pub const MAX_PAGE_PIXELS: u64 = 150_000_000;
/// Longest edge of a stored page image, pixels.
pub const MAX_PAGE_EDGE: u32 = 30_000;
/// Resolution at which pages are read, dots per inch (measured, MODELS.md §2).
pub const PAGE_DPI: u32 = 200;
/// Pixels of a page handed to the readers: A3 at 200 dpi is 7.7 MPixel, with room for A2.
pub const MAX_READ_PIXELS: u64 = 16_000_000;
/// Address space of one decode child: DESIGN.md §6 allows 1 GiB.
pub const DECODE_MEMORY_BYTES: u64 = 1024 * 1024 * 1024;
/// CPU time of one decode call, seconds; a 200 dpi page takes 0.1 s.
pub const DECODE_CPU_SECONDS: u64 = 8;
/// Wall clock of one decode call; DESIGN.md §6 allows 10 s.
pub const DECODE_WALL: Duration = Duration::from_secs(10);

/// How long a claimed unit belongs to its worker without a heartbeat.
pub const LEASE: Duration = Duration::from_secs(60);
/// How often a worker renews its leases.
pub const HEARTBEAT: Duration = Duration::from_secs(15);
/// How often expired leases are collected.
pub const REAP_EVERY: Duration = Duration::from_secs(10);

/// Longest `?wait=` of `GET /v1/jobs/{id}`: below the idle timeout of common proxies (60 s).
pub const MAX_WAIT: Duration = Duration::from_secs(30);
/// Rows of a list page unless told, and at most.
pub const DEFAULT_PAGE_ROWS: u32 = 50;
/// Rows of a list page at most.
pub const MAX_PAGE_ROWS: u32 = 200;
/// Free disk below which uploads are refused, so that cancel and delete still work.
pub const DISK_RESERVE_BYTES: u64 = 512 * 1024 * 1024;

/// Text taken out of one document, bytes: the largest handbook seen is 4 MB; a table of 100,000 rows 30 MB.
pub const MAX_TEXT_BYTES: u64 = 64 * 1024 * 1024;
/// One part of an office file after unpacking, bytes: ten times the largest seen.
pub const MAX_OFFICE_PART_BYTES: u64 = 128 * 1024 * 1024;
/// Entries of an office file; pictures are entries too.
pub const MAX_OFFICE_ENTRIES: usize = 20_000;
/// How long one call goes on to take text out of a PDF before it hands over what it has: half of what
/// [`DECODE_CPU_SECONDS`] allows, so that one slow page more still fits.
pub const TEXT_SLICE: Duration = Duration::from_secs(4);
/// Wall clock for the text of one document over all calls: [`MAX_PAGES`] pages at 20 ms.
pub const TEXT_WALL: Duration = Duration::from_secs(600);
/// Characters of a question to the law desk: the longest logged ones are under 300; what is longer is a
/// document, and belongs into an upload.
pub const MAX_QUESTION_CHARS: usize = 2_000;
/// Hits of an answer unless told: one screen.
pub const DEFAULT_HITS: u32 = 10;
/// Hits of an answer at most.
pub const MAX_HITS: u32 = 50;
/// Sources that one question may be limited to: more is no limit.
pub const MAX_QUESTION_SOURCES: usize = 200;
/// Characters of an answer in the office's own FAQ.
pub const MAX_ANSWER_CHARS: usize = 10_000;
/// Passages that an answer of the FAQ may cite.
pub const MAX_FAQ_CITATIONS: usize = 50;
/// Characters of the note beside a favourite.
pub const MAX_NOTE_CHARS: usize = 500;

/// One uploaded recording, bytes: eight hours of 1080p video at 4 Mbit/s are 14.4 GB.
pub const MAX_RECORDING_BYTES: u64 = 16 * 1024 * 1024 * 1024;
/// Length of one recording: an eight-hour meeting with an hour to spare. What is longer is several
/// meetings, and belongs into several files.
pub const MAX_RECORDING: Duration = Duration::from_secs(9 * 3600);
/// Address space of a child that decodes sound. A four-hour recording stays under 300 MiB resident; the
/// index of a long MP4 is the largest part of it.
pub const RECORDING_MEMORY_BYTES: u64 = 1024 * 1024 * 1024;
/// CPU time for decoding one recording, seconds: [`MAX_RECORDING`] at 18 times real time; measured
/// more than 100 times.
pub const RECORDING_CPU_SECONDS: u64 = 1800;
/// How long a child that decodes sound may hand out nothing: reading the index of a large file on a
/// slow disk takes seconds.
pub const RECORDING_STALL: Duration = Duration::from_secs(60);
/// Wall clock for decoding one recording.
pub const RECORDING_WALL: Duration = Duration::from_secs(3600);
