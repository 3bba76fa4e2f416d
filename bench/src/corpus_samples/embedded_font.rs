//! A font inside a PDF: only the used glyphs, addressed by glyph, with the way back to characters.
//!
//! The IPA font licence permits embedding a subset in a document (article 1.5, digital document file).

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::Path;

use ab_glyph::{Font as _, FontVec, PxScale, ScaleFont as _};
use anyhow::Context as _;
use flate2::{Compression, write::ZlibEncoder};
use pdf_writer::types::{CidFontType, FontFlags, SystemInfo, UnicodeCmap};
use pdf_writer::{Filter, Name, Pdf, Rect, Ref, Str};
use subsetter::GlyphRemapper;

/// Identity ordering: the CID is the subset's glyph number.
const IDENTITY: SystemInfo<'_> = SystemInfo {
    registry: Str(b"Adobe"),
    ordering: Str(b"Identity"),
    supplement: 0,
};

/// A face whose used glyphs are collected while text is set.
pub(super) struct EmbeddedFont {
    name: &'static str,
    bytes: Vec<u8>,
    face: FontVec,
    glyphs: GlyphRemapper,
    used: BTreeMap<u16, (char, f32)>,
}

impl EmbeddedFont {
    /// Opens a font file below the system's font directory.
    pub(super) fn open(name: &'static str, file: &str) -> anyhow::Result<Self> {
        let path = Path::new("/usr/share/fonts").join(file);
        let bytes = std::fs::read(&path).with_context(|| {
            format!(
                "{}: font not installed (cargo xtask test installs it)",
                path.display()
            )
        })?;
        Ok(Self {
            name,
            face: FontVec::try_from_vec(bytes.clone())
                .with_context(|| format!("{}: not a readable font", path.display()))?,
            bytes,
            glyphs: GlyphRemapper::new(),
            used: BTreeMap::new(),
        })
    }

    /// Width of a character in ems.
    pub(super) fn advance(&self, character: char) -> f32 {
        self.face
            .as_scaled(PxScale::from(self.face.height_unscaled()))
            .h_advance(self.face.glyph_id(character))
            / self.face.units_per_em().unwrap_or(1000.0)
    }

    /// The bytes that show `text`, two per glyph.
    ///
    /// # Errors
    /// A character that the face does not have.
    pub(super) fn encode(&mut self, text: &str) -> anyhow::Result<Vec<u8>> {
        let mut encoded = Vec::with_capacity(text.len());
        for character in text.chars() {
            let glyph = self.face.glyph_id(character).0;
            anyhow::ensure!(glyph != 0, "{} has no {character:?}", self.name);
            let mapped = self.glyphs.remap(glyph);
            self.used.insert(mapped, (character, self.advance(character)));
            encoded.extend(mapped.to_be_bytes());
        }
        Ok(encoded)
    }

    /// Writes the font under `at` and the four numbers that follow it.
    pub(super) fn write(&self, pdf: &mut Pdf, at: i32) -> anyhow::Result<()> {
        let [font, descendant, descriptor, program, to_unicode] =
            std::array::from_fn(|index| Ref::new(at + index as i32));
        let base = format!("ASAHIN+{}", self.name);
        let name = Name(base.as_bytes());
        pdf.type0_font(font)
            .base_font(name)
            .encoding_predefined(Name(b"Identity-H"))
            .descendant_font(descendant)
            .to_unicode(to_unicode);
        let mut cid_font = pdf.cid_font(descendant);
        cid_font
            .subtype(CidFontType::Type2)
            .base_font(name)
            .system_info(IDENTITY)
            .font_descriptor(descriptor)
            .default_width(1000.0)
            .cid_to_gid_map_predefined(Name(b"Identity"));
        let mut widths = cid_font.widths();
        for (&glyph, &(_, advance)) in &self.used {
            widths.same(glyph, glyph, advance * 1000.0);
        }
        drop(widths);
        drop(cid_font);
        pdf.font_descriptor(descriptor)
            .name(name)
            .flags(FontFlags::SYMBOLIC)
            .bbox(Rect::new(-200.0, -200.0, 1100.0, 1000.0))
            .italic_angle(0.0)
            .ascent(880.0)
            .descent(-120.0)
            .cap_height(700.0)
            .stem_v(80.0)
            .font_file2(program);
        let subset = subsetter::subset(&self.bytes, 0, &self.glyphs)
            .map_err(|error| anyhow::anyhow!("{}: {error}", self.name))?;
        pdf.stream(program, &deflated(&subset)?)
            .filter(Filter::FlateDecode)
            .pair(Name(b"Length1"), i32::try_from(subset.len())?);
        let mut map = UnicodeCmap::new(Name(b"Shoki"), IDENTITY);
        for (&glyph, &(character, _)) in &self.used {
            map.pair(glyph, character);
        }
        pdf.cmap(to_unicode, map.finish().as_slice());
        Ok(())
    }
}

/// zlib, as `FlateDecode` expects it.
pub(super) fn deflated(bytes: &[u8]) -> anyhow::Result<Vec<u8>> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes)?;
    Ok(encoder.finish()?)
}
