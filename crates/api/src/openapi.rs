//! The OpenAPI document, gathered from the routes themselves and served at `/v1/openapi.json`.

use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{ComponentsBuilder, InfoBuilder, OpenApi, OpenApiBuilder};

use crate::routes::described;

/// The description of every route.
#[must_use]
pub fn openapi() -> OpenApi {
    let (_, gathered) = described().split_for_parts();
    let frame = OpenApiBuilder::new()
        .info(
            InfoBuilder::new()
                .title("Shoki")
                .version("1")
                .description(Some(
                    "手書き帳票の読み取りと法令・通知の検索を行うサービスの HTTP API。誤りはすべて problem+json(RFC 9457)で、\
                     何が起きたかと次に何をすればよいかを日本語で返します。",
                ))
                .build(),
        )
        .components(Some(
            ComponentsBuilder::new()
                .security_scheme(
                    "token",
                    SecurityScheme::Http(
                        HttpBuilder::new()
                            .scheme(HttpAuthScheme::Bearer)
                            .description(Some("「shoki admin」で発行したトークン"))
                            .build(),
                    ),
                )
                .build(),
        ))
        .build();
    frame.merge_from(gathered)
}
