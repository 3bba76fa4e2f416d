//! Reads a directory of page pictures with the forms of `pipelines/forms` and writes the reading as
//! JSON, for tuning: `read_pages PAGES OUT.json [one|four]`. `shoki-bench score` compares it with the
//! truth. Single-threaded; prints CPU-bound seconds per page.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use shoki_core::form::FormDefinition;
use shoki_core::reading::DocumentReading;
use shoki_engine::{Catalogue, LineDetector, LineRecogniser, ModelStore, Runtime};
use shoki_ocr::{FormSet, PageReader, Readings, output};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [pages, out, rest @ ..] = arguments.as_slice() else {
        return Err("read_pages PAGES OUT.json [one|four]".into());
    };
    let readings = if rest.first().is_some_and(|word| word == "one") {
        Readings::One
    } else {
        Readings::Four
    };
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let store = std::env::var_os("SHOKI_TEST_MODELS").ok_or("set SHOKI_TEST_MODELS to a model store")?;
    let store = ModelStore::open(&PathBuf::from(store));
    let catalogue = Catalogue::load(&root.join("models"))?;
    let runtime = Runtime::start(&store.verify(catalogue.get("onnxruntime")?)?)?;
    let recogniser = LineRecogniser::load(&runtime, &catalogue, &store)?;
    let detector = LineDetector::new(&runtime, &store.verify(catalogue.get("ppocr-det")?)?)?;
    let forms = Arc::new(FormSet::prepare(forms(&root.join("pipelines/forms"))?)?);
    let mut reader = PageReader::new(forms, Box::new(recogniser), Some(detector), readings);
    let mut names: Vec<PathBuf> = std::fs::read_dir(pages)?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<Result<_, _>>()?;
    names.retain(|name| name.extension().is_some_and(|kind| kind == "png"));
    names.sort();
    let mut document = DocumentReading { pages: Vec::new() };
    let mut seconds = 0.0;
    for (number, name) in (1..).zip(&names) {
        let image = image::open(name)?.to_luma8();
        let begun = Instant::now();
        document.pages.push(reader.read(number, &image)?.reading);
        seconds += begun.elapsed().as_secs_f64();
    }
    std::fs::write(out, output::json(&document))?;
    let said = format!(
        "{} pages, {:.3} s per page\n",
        names.len(),
        seconds / names.len() as f64
    );
    std::io::Write::write_all(&mut std::io::stderr(), said.as_bytes())?;
    Ok(())
}

fn forms(directory: &Path) -> Result<Vec<(FormDefinition, image::GrayImage)>, Box<dyn std::error::Error>> {
    let mut forms = Vec::new();
    for id in ["kouza_furikae", "kyuyo_idou", "shiminzei_shinkoku"] {
        let text = std::fs::read_to_string(directory.join(format!("{id}.toml")))?;
        let definition = FormDefinition::parse(&text).map_err(|mistakes| format!("{mistakes:?}"))?;
        let blank = image::open(directory.join(&definition.blank.file))?.to_luma8();
        forms.push((definition, blank));
    }
    Ok(forms)
}
