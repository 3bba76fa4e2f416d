//! The hostile corpus: PDFs, each wrong in one way.

use shoki_core::media::MediaKind;

use super::hostile::{Case, cuts, deflated, flips};
use super::pdf::{self, Pdf, stream};
use super::{coded, crypt, scaled_page};

const CATALOGUE: &[u8] = b"<< /Type /Catalog /Pages 2 0 R >>";
const PAGE: &str = "/Type /Page /Parent 2 0 R /MediaBox [0 0 595 842]";

/// A PDF of one page from its page entries and further objects (from number 4).
fn one_page(entries: &str, more: Vec<Vec<u8>>) -> Vec<u8> {
    let mut objects = vec![
        CATALOGUE.to_vec(),
        b"<< /Type /Pages /Count 1 /Kids [3 0 R] >>".to_vec(),
        format!("<< {PAGE} {entries} >>").into_bytes(),
    ];
    objects.extend(more);
    Pdf::new(objects).bytes()
}

/// All PDF cases.
pub(crate) fn pdfs() -> Vec<Case> {
    let scan = pdf::scan(&scaled_page(400, 566), 2);
    let case = |family, bytes| Case::new(family, MediaKind::Pdf, bytes);
    let mut cases = Vec::new();
    cases.extend(cuts("pdf_cut", MediaKind::Pdf, &scan));
    cases.extend(flips("pdf_flip", MediaKind::Pdf, &scan));
    cases.extend(flips("pdf_flip", MediaKind::Pdf, &drawing()));
    cases.extend(flips("pdf_flip", MediaKind::Pdf, &coded::jpx_pdf()));
    cases.extend(flips(
        "pdf_flip",
        MediaKind::Pdf,
        &coded::jbig2_pdf(&scaled_page(400, 566)),
    ));
    cases.extend(page_trees());
    cases.extend(loops());
    cases.extend(bombs());
    cases.push(case("password", crypt::locked("secret")));
    cases.push(case("no_password_needed", crypt::locked("")));
    cases
}

/// Text, lines and a form field.
fn drawing() -> Vec<u8> {
    let content =
        b"BT /F 24 Tf 72 700 Td (SHOKI) Tj ET 2 w 72 600 m 500 600 l S 0 0 1 rg 100 100 200 50 re f";
    one_page(
        "/Contents 4 0 R /Resources << /Font << /F 5 0 R >> >> /Annots [6 0 R]",
        vec![
            stream("", content),
            b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>".to_vec(),
            b"<< /Type /Annot /Subtype /Square /Rect [300 300 400 400] /C [1 0 0] /F 4 >>".to_vec(),
        ],
    )
}

fn page_trees() -> Vec<Case> {
    let case = |family, objects: Vec<Vec<u8>>| Case::new(family, MediaKind::Pdf, Pdf::new(objects).bytes());
    let page = || format!("<< {PAGE} >>").into_bytes();
    let million = b"<< /Type /Pages /Count 1000000 /Kids [3 0 R] >>".to_vec();
    // Six levels of ten times the same kid: 1,000,000 pages from nine objects.
    let mut shared = vec![CATALOGUE.to_vec()];
    for level in 0..6 {
        let (kid, count) = (level + 3, 10_u32.pow(6 - level));
        let kids = format!("{kid} 0 R ").repeat(10);
        shared.push(format!("<< /Type /Pages /Count {count} /Kids [{kids}] >>").into_bytes());
    }
    shared.push(page());
    // The same with honest counts hidden: PDFium has to walk.
    let uncounted = shared
        .iter()
        .map(|object| {
            let text = String::from_utf8(object.clone()).unwrap();
            match text.find("/Count") {
                Some(at) => format!("{}{}", &text[..at], &text[text.find("/Kids").unwrap()..]).into_bytes(),
                None => object.clone(),
            }
        })
        .collect();
    let deep: Vec<Vec<u8>> = std::iter::once(CATALOGUE.to_vec())
        .chain((3..20_003).map(|kid| format!("<< /Type /Pages /Count 1 /Kids [{kid} 0 R] >>").into_bytes()))
        .chain([page()])
        .collect();
    vec![
        case("million_pages", vec![CATALOGUE.to_vec(), million, page()]),
        case("million_shared_pages", shared),
        case("million_uncounted_pages", uncounted),
        case("deep_page_tree", deep),
        case(
            "page_tree_ring",
            vec![
                CATALOGUE.to_vec(),
                b"<< /Type /Pages /Count 2 /Kids [3 0 R 2 0 R] >>".to_vec(),
                b"<< /Type /Pages /Count 2 /Parent 2 0 R /Kids [2 0 R 3 0 R] >>".to_vec(),
            ],
        ),
        case(
            "no_pages",
            vec![
                CATALOGUE.to_vec(),
                b"<< /Type /Pages /Count 0 /Kids [] >>".to_vec(),
            ],
        ),
        case("no_catalogue", vec![b"null".to_vec()]),
        case(
            "missing_page",
            vec![
                CATALOGUE.to_vec(),
                b"<< /Type /Pages /Count 2 /Kids [3 0 R 9 0 R] >>".to_vec(),
                page(),
            ],
        )
        .page(1),
        case(
            "negative_pages",
            vec![
                CATALOGUE.to_vec(),
                b"<< /Type /Pages /Count -5 /Kids [3 0 R] >>".to_vec(),
                page(),
            ],
        ),
    ]
}

fn loops() -> Vec<Case> {
    let case = |family, bytes| Case::new(family, MediaKind::Pdf, bytes);
    let form = "/Type /XObject /Subtype /Form /BBox [0 0 595 842]";
    let mut self_reference = drawing();
    let start = self_reference
        .windows(9)
        .rposition(|window| window == b"startxref")
        .unwrap();
    let at = String::from_utf8_lossy(&self_reference[start + 10..])
        .lines()
        .next()
        .unwrap()
        .to_owned();
    let trailer = self_reference
        .windows(7)
        .rposition(|window| window == b"trailer")
        .unwrap();
    self_reference.splice(trailer + 11..trailer + 11, format!("/Prev {at} ").bytes());
    vec![
        case(
            "form_draws_itself",
            one_page(
                "/Contents 4 0 R /Resources << /XObject << /X 5 0 R >> >>",
                vec![
                    stream("", b"/X Do"),
                    stream(
                        &format!("{form} /Resources << /XObject << /X 5 0 R >> >>"),
                        b"/X Do /X Do",
                    ),
                ],
            ),
        ),
        case(
            "forms_doubling",
            one_page(
                "/Contents 4 0 R /Resources << /XObject << /X 5 0 R >> >>",
                std::iter::once(stream("", b"/X Do"))
                    .chain((6..40).map(|next| {
                        let resources = format!("{form} /Resources << /XObject << /X {next} 0 R >> >>");
                        stream(&resources, b"/X Do /X Do /X Do /X Do")
                    }))
                    .chain([stream(form, b"0 0 10 10 re f")])
                    .collect(),
            ),
        ),
        case(
            "length_of_itself",
            one_page(
                "/Contents 4 0 R",
                vec![b"<< /Length 4 0 R >>\nstream\nq Q\nendstream".to_vec()],
            ),
        ),
        case("contents_are_the_page", one_page("/Contents 3 0 R", vec![])),
        case("xref_ring", self_reference),
        case(
            "deep_array",
            one_page(&format!("/Deep {}", "[".repeat(500_000)), vec![]),
        ),
        case(
            "deep_save",
            one_page("/Contents 4 0 R", vec![stream("", &b"q ".repeat(1_000_000))]),
        ),
    ]
}

fn bombs() -> Vec<Case> {
    let case = |family, bytes| Case::new(family, MediaKind::Pdf, bytes);
    // 1 GiB of spaces, deflated twice: a few kilobytes.
    let once = deflated(&vec![b' '; 256 << 20]);
    let twice = deflated(&once);
    let image = |size: u32| {
        pdf::image(
            (size, size),
            "/ColorSpace /DeviceRGB /BitsPerComponent 8 /Filter /FlateDecode",
            &deflated(&[0; 100]),
        )
    };
    let draw = "/Contents 4 0 R /Resources << /XObject << /Im 5 0 R >> >>";
    let drawn = |image: Vec<u8>| one_page(draw, vec![stream("", b"q 595 0 0 842 0 0 cm /Im Do Q"), image]);
    let tiling = stream(
        "/Type /Pattern /PatternType 1 /PaintType 1 /TilingType 1 /BBox [0 0 1 1] /XStep 0.001 /YStep 0.001 \
         /Resources << >>",
        b"0 0 1 1 re f",
    );
    vec![
        case(
            "flate_bomb",
            one_page("/Contents 4 0 R", vec![stream("/Filter /FlateDecode", &once)]),
        ),
        case(
            "flate_bomb",
            one_page(
                "/Contents 4 0 R",
                vec![stream("/Filter [/FlateDecode /FlateDecode]", &twice)],
            ),
        ),
        case(
            "many_contents",
            one_page(
                &format!("/Contents [{}]", "4 0 R ".repeat(200_000)),
                vec![stream("", b"q Q")],
            ),
        ),
        case("giant_image", drawn(image(50_000))),
        case("giant_image", drawn(image(16_000))),
        case("giant_page", one_page("/MediaBox [0 0 1000000 100]", vec![])),
        case(
            "user_unit",
            one_page("/UserUnit 1000000 /MediaBox [0 0 595 842]", vec![]),
        ),
        case("flat_page", one_page("/MediaBox [0 0 0 0]", vec![])),
        case(
            "tiny_tiles",
            one_page(
                "/Contents 4 0 R /Resources << /Pattern << /P 5 0 R >> >>",
                vec![stream("", b"/Pattern cs /P scn 0 0 595 842 re f"), tiling],
            ),
        ),
        case(
            "endless_path",
            one_page(
                "/Contents 4 0 R",
                vec![stream(
                    "",
                    &[&b"0 0 m "[..], &b"595 842 l 0 842 l ".repeat(300_000), b"S"].concat(),
                )],
            ),
        ),
    ]
}
