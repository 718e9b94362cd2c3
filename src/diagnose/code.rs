//! The names of causes, which programs may rely on, and what to do about each.

use std::fmt;

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $text:literal, $advice:literal;)+) => {
        /// Why a request was refused: one word for each cause, which does not change from version to version.
        ///
        /// ```
        /// use hookseal::diagnose::Code;
        ///
        /// assert_eq!(Code::SecretWhitespace.as_str(), "secret.whitespace");
        /// assert!(Code::SecretWhitespace.advice().contains("trim"));
        /// ```
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum Code {
            $($(#[$doc])* $name,)+
        }

        impl Code {
            /// The word, as in the output of the command.
            ///
            /// ```
            /// assert_eq!(hookseal::diagnose::Code::BodyJson.as_str(), "body.json");
            /// ```
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Code::$name => $text,)+
                }
            }

            /// What to do about it.
            ///
            /// ```
            /// assert!(hookseal::diagnose::Code::BodyJson.advice().contains("raw body"));
            /// ```
            pub const fn advice(self) -> &'static str {
                match self {
                    $(Code::$name => $advice,)+
                }
            }

            /// Every cause, the most frequent first.
            ///
            /// ```
            /// use hookseal::diagnose::Code;
            ///
            /// assert_eq!(Code::all().next(), Some(Code::BodyAltered));
            /// ```
            pub fn all() -> impl Iterator<Item = Code> {
                [$(Code::$name),+].into_iter()
            }
        }
    };
}

codes! {
    /// The body says something else than what was signed. This is no accident.
    BodyAltered = "body.altered",
        "do not accept it; find out who can change requests between the sender and this program";
    /// The JSON was parsed and written again.
    BodyJson = "body.json",
        "verify the raw body, before any body parser: axum `Bytes`, actix-web `web::Bytes`, express.raw(), \
         request.get_data() in Flask, await request.text(), php://input";
    /// Another of your secrets signed it.
    SecretOther = "secret.other",
        "configure the secret of this endpoint: test and live mode, the command-line tool and the dashboard, \
         an app and a shop each have their own";
    /// The signed URL is not the configured one.
    Url = "url",
        "set the public URL exactly as it is registered at the provider: proxies change the scheme, host, port and path";
    /// The body was read in another character encoding, and written in UTF-8.
    BodyCharset = "body.charset",
        "verify the bytes of the body, and decode them as UTF-8 only afterwards";
    /// The time is in seconds instead of milliseconds, or the other way round.
    TimeUnit = "time.unit",
        "correct the scheme's timestamp: `{timestamp}` is in seconds, `{timestamp:ms}` in milliseconds";
    /// The key is another form of the secret's text.
    SecretForm = "secret.form",
        "configure the secret as the provider shows it, or correct the scheme's `secret_form`";
    /// A header that the scheme needs is absent.
    HeaderMissing = "header.missing",
        "let the proxy or gateway pass the header on; nginx drops names with underscores unless \
         `underscores_in_headers on`";
    /// The body is wrapped in another value.
    BodyEnvelope = "body.envelope",
        "take the body out of its envelope first: event.body of a Lambda event, the bytes of a Buffer";
    /// A form was parsed and written again, or one of its fields was taken for the body.
    BodyForm = "body.form",
        "verify the raw form before it is parsed: express.raw({ type: '*/*' }), request.get_data() before request.form";
    /// The signature is right, and too old.
    TimeOld = "time.old",
        "check the clock and time zone; late retries need a longer tolerance, and a replayed request must be refused";
    /// The body is still in the base64 of a gateway.
    BodyBase64 = "body.base64",
        "decode it first: event.body of API Gateway is base64 if event.isBase64Encoded is true";
    /// The secret is another kind of text: an API key, an id, a placeholder.
    SecretKind = "secret.kind",
        "configure the signing secret of the webhook endpoint";
    /// The MAC is written in another encoding.
    SchemeEncoding = "scheme.encoding",
        "correct the scheme's placeholder: `{hex}`, `{base64}` or `{base64url}`";
    /// White space or invisible characters in or around the secret.
    SecretWhitespace = "secret.whitespace",
        "trim the secret where it is read: a file, `kubectl create secret --from-file`, `echo` without `-n`";
    /// The body is compressed.
    BodyCompressed = "body.compressed",
        "decompress it as `Content-Encoding` says, where the provider signs the uncompressed body; \
         otherwise verify before it is decompressed";
    /// The value of a header was changed on the way.
    HeaderValue = "header.value",
        "pass the header on unchanged: no quotes, no decoding, no cutting";
    /// The signature covers other content.
    SchemeContent = "scheme.content",
        "correct what the scheme covers";
    /// Quotation marks around the secret, or its name before it.
    SecretQuotes = "secret.quotes",
        "remove what is not the secret: `docker --env-file` keeps quotation marks";
    /// A public prefix of the secret is missing or superfluous.
    SecretPrefix = "secret.prefix",
        "configure the secret with its prefix, exactly as the provider shows it";
    /// The body is empty: something has read it before.
    BodyEmpty = "body.empty",
        "read the raw body first, and hand it on to the body parser";
    /// A header arrives under another name.
    HeaderRenamed = "header.renamed",
        "give the verifier the headers under their own names: HTTP_X_NAME of CGI is X-Name";
    /// Line ends, white space or a byte order mark around the body.
    BodyNewline = "body.newline",
        "pass the body on byte by byte: do not trim it, and do not read it as text";
    /// Another provider signed it.
    ProviderOther = "provider.other",
        "verify it with the provider that sends it";
    /// A header occurs twice, or two were joined.
    HeaderRepeated = "header.repeated",
        "find out which proxy copies the header, and let it pass on one";
    /// The body is the text of a program's object.
    BodyObject = "body.object",
        "verify the raw body; what arrived is how a program prints a parsed one";
    /// The signature is right, and its time is ahead.
    TimeAhead = "time.ahead",
        "set the clock of this machine, and check its time zone";
    /// The MAC was made with another hash function.
    SchemeDigest = "scheme.digest",
        "correct the scheme's digest";
    /// The body was cut.
    BodyTruncated = "body.truncated",
        "raise the limit of the body's size";
    /// The body was escaped as HTML.
    BodyHtml = "body.html",
        "verify the raw body, before a filter escapes it";
    /// The letters of the secret are in the other case.
    SecretCase = "secret.case",
        "configure the secret exactly as the provider shows it";
    /// The secret is inside a JSON object.
    SecretEnvelope = "secret.envelope",
        "take the secret out of the JSON that the secrets manager returns";
    /// The time is written in another form than the one signed.
    TimeRewritten = "time.rewritten",
        "pass the timestamp on as text, without parsing it";
    /// This is not the body that was sent; more is not known.
    BodyChanged = "body.changed",
        "verify the raw body, before anything parses, filters or cuts it";
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
