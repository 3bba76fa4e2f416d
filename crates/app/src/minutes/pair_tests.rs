//! Which models tell who speaks: what was brought, what is named, what does not work. Needs the model store
//! that `cargo xtask test` fills.

use shoki_core::code::ErrorCode;

use super::*;
use crate::config::{Config, DEFAULT_TOML, Place};
use crate::minutes::kept_voices;
use made::{EMBEDDING, SEGMENTATION, Site};

#[path = "../../../engine/tests/voice_models/made.rs"]
mod made;

const OWN: &str = "ge2e";

/// The product's own model is there, nothing was brought.
fn site() -> Site {
    let site = Site::new(&[OWN, SEGMENTATION, EMBEDDING]);
    let own = made::installed()
        .verify(site.catalogue().get(OWN).unwrap())
        .unwrap();
    let file = own.main_file().unwrap();
    site.bring(OWN, &file.name, &file.bytes);
    site
}

fn config(change: impl FnOnce(&mut SpeechConfig)) -> SpeechConfig {
    let config: Config = toml::from_str(DEFAULT_TOML).expect("the default");
    let mut config = config.speech;
    change(&mut config);
    config
}

fn voices(site: &Site, config: &SpeechConfig) -> Result<String, EngineError> {
    let model = voices_of(&made::runtime(), &site.catalogue(), &site.store, config)?;
    Ok(model.manifest.name)
}

fn segmentation(site: &Site, config: &SpeechConfig) -> Result<Option<String>, EngineError> {
    let model = segmentation_of(&made::runtime(), &site.catalogue(), &site.store, config)?;
    Ok(model.map(|model| model.manifest.name))
}

#[test]
fn a_pair_that_was_brought_takes_the_place_of_the_products_own() {
    let site = site();
    let auto = config(|_| ());
    assert_eq!(voices(&site, &auto).unwrap(), OWN);
    assert_eq!(segmentation(&site, &auto).unwrap(), None);
    site.bring_pair();
    assert_eq!(voices(&site, &auto).unwrap(), EMBEDDING);
    assert_eq!(segmentation(&site, &auto).unwrap().as_deref(), Some(SEGMENTATION));
}

#[test]
fn each_models_voices_have_rules_of_their_own() {
    let site = site();
    let mut config: Config = toml::from_str(DEFAULT_TOML).expect("the default");
    config.models.catalogue_dir = Place::At(site.manifests());
    config.models.store_dir = Place::At(site.store.directory().to_owned());
    let threshold = |name: &str| {
        let fingerprint = site.store.fingerprint(site.catalogue().get(name).unwrap())?;
        let rules = kept_voices::of(&config).rules;
        Some(rules.get(&fingerprint)?.threshold)
    };
    assert_eq!((threshold(OWN), threshold(EMBEDDING)), (Some(0.98), None));
    // A meeting of before is still asked by the rules of its own model.
    site.bring_pair();
    assert_eq!((threshold(OWN), threshold(EMBEDDING)), (Some(0.98), Some(0.70)));
}

#[test]
fn the_configuration_decides() {
    let site = site();
    site.bring_pair();
    let named = |voices: &str, segmentation: &str| {
        config(|config| {
            voices.clone_into(&mut config.voices);
            segmentation.clone_into(&mut config.segmentation);
        })
    };
    assert_eq!(voices(&site, &named(OWN, "off")).unwrap(), OWN);
    assert_eq!(segmentation(&site, &named(OWN, "off")).unwrap(), None);
    let both = named(EMBEDDING, SEGMENTATION);
    assert_eq!(voices(&site, &both).unwrap(), EMBEDDING);
    assert_eq!(segmentation(&site, &both).unwrap().as_deref(), Some(SEGMENTATION));
    // A model of another task, or of no name.
    let wrong = named(SEGMENTATION, "nobody");
    assert!(matches!(voices(&site, &wrong), Err(EngineError::Unknown(name)) if name == SEGMENTATION));
    assert!(matches!(segmentation(&site, &wrong), Err(EngineError::Unknown(name)) if name == "nobody"));
    // What is named must be there.
    let absent = Site::new(&[OWN, SEGMENTATION, EMBEDDING]);
    assert!(matches!(voices(&absent, &both), Err(EngineError::Missing { .. })));
    assert!(matches!(
        segmentation(&absent, &both),
        Err(EngineError::Missing { .. })
    ));
}

#[test]
fn a_model_that_breaks_its_promise_is_passed_over_or_refused() {
    let site = site();
    // Another export of the same name.
    site.bring(SEGMENTATION, "model.onnx", &made::random_segmentation(1, 11));
    site.bring(EMBEDDING, "voxceleb_resnet34_LM.onnx", &made::segmentation());
    let auto = config(|_| ());
    assert_eq!(voices(&site, &auto).unwrap(), OWN);
    assert_eq!(segmentation(&site, &auto).unwrap(), None);
    let named = config(|config| {
        EMBEDDING.clone_into(&mut config.voices);
        SEGMENTATION.clone_into(&mut config.segmentation);
    });
    assert_eq!(
        voices(&site, &named).unwrap_err().code(),
        ErrorCode::ModelContract
    );
    assert_eq!(
        segmentation(&site, &named).unwrap_err().code(),
        ErrorCode::ModelContract
    );
}
