//! Identity and employment.

use super::*;

table! {
    /// WorkOS.
    WORKOS = "workos", VendorLibrary, "workos.com/docs/events/data-syncing/webhooks; npm @workos-inc/node", [
        "WorkOS-Signature: t={timestamp:ms}, v1={hex}", "{timestamp}.{body}", past(180)
    ],
        event: "id: {id}\nevent: {type}\ncreated_at: {timestamp:rfc3339}\ndata: {data}",
        types: [
            "api_key.created", "api_key.revoked", "authentication.email_verification_succeeded",
            "authentication.magic_auth_failed", "authentication.magic_auth_succeeded",
            "authentication.mfa_succeeded", "authentication.oauth_failed", "authentication.oauth_succeeded",
            "authentication.passkey_failed", "authentication.passkey_succeeded", "authentication.password_failed",
            "authentication.password_succeeded", "authentication.radar_risk_detected", "authentication.sso_failed",
            "authentication.sso_succeeded", "connection.activated", "connection.deactivated", "connection.deleted",
            "dsync.activated", "dsync.deleted", "dsync.group.created", "dsync.group.deleted", "dsync.group.updated",
            "dsync.group.user_added", "dsync.group.user_removed", "dsync.user.created", "dsync.user.deleted",
            "dsync.user.updated", "email_verification.created", "flag.created", "flag.deleted", "flag.rule_updated",
            "flag.updated", "invitation.accepted", "invitation.created", "invitation.resent", "invitation.revoked",
            "magic_auth.created", "organization.created", "organization.deleted", "organization.updated",
            "organization_domain.created", "organization_domain.deleted", "organization_domain.updated",
            "organization_domain.verification_failed", "organization_domain.verified",
            "organization_membership.created", "organization_membership.deleted", "organization_membership.updated",
            "organization_role.created", "organization_role.deleted", "organization_role.updated",
            "password_reset.created", "password_reset.succeeded", "permission.created", "permission.deleted",
            "permission.updated", "role.created", "role.deleted", "role.updated", "session.created",
            "session.revoked", "user.created", "user.deleted", "user.updated",
            "vault.byok_key.verification_completed", "vault.data.created", "vault.data.deleted", "vault.data.read",
            "vault.data.updated", "vault.dek.decrypted", "vault.dek.read", "vault.kek.created",
            "vault.metadata.read", "vault.names.listed",
        ],
        types_source: "npm @workos-inc/node 8.13.0",
        idempotency: IdempotencyRule::EventId;
    /// Clerk, which sends through Svix.
    ///
    /// `data.id` is the id of the object, not of the event.
    CLERK = "clerk", VendorLibrary, "clerk.com/docs; npm @clerk/backend", [
        SVIX, "{id}.{timestamp}.{body}", secret_form(Whsec)
    ],
        event: "type: {type}\nobject\ntimestamp?: {timestamp:ms}\ninstance_id\ndata: {data}",
        types: [
            "email.created", "organization.created", "organization.deleted", "organization.updated",
            "organizationDomain.created", "organizationDomain.deleted", "organizationDomain.updated",
            "organizationInvitation.accepted", "organizationInvitation.created", "organizationInvitation.revoked",
            "organizationMembership.created", "organizationMembership.deleted", "organizationMembership.updated",
            "paymentAttempt.created", "paymentAttempt.updated", "permission.created", "permission.deleted",
            "permission.updated", "role.created", "role.deleted", "role.updated", "session.created", "session.ended",
            "session.removed", "session.revoked", "sms.created", "subscription.active", "subscription.created",
            "subscription.pastDue", "subscription.updated", "subscriptionItem.abandoned", "subscriptionItem.active",
            "subscriptionItem.canceled", "subscriptionItem.created", "subscriptionItem.ended",
            "subscriptionItem.freeTrialEnding", "subscriptionItem.incomplete", "subscriptionItem.pastDue",
            "subscriptionItem.upcoming", "subscriptionItem.updated", "user.created", "user.deleted", "user.updated",
            "waitlistEntry.created", "waitlistEntry.updated",
        ],
        types_source: "npm @clerk/backend 3.25.0",
        idempotency: IdempotencyRule::SignedId,
        delivery: DeliveryPolicy::from_parts(RetryPolicy::SVIX, OutcomePolicy::standard(), HealthPolicy::never());
    /// Finch: Standard Webhooks with its own header names, and a secret without a prefix.
    FINCH = "finch", VendorLibrary, "developer.tryfinch.com; npm @tryfinch/finch-api", [
        "Finch-Event-ID: {id}\nFinch-Timestamp: {timestamp}\nFinch-Signature: v1,{base64} ...",
        "{id}.{timestamp}.{body}", secret_form(Base64)
    ],
        event: "event_type: {type}\n{data}",
        types: [
            "account.updated", "company.updated", "directory.created", "directory.deleted", "directory.updated",
            "employment.created", "employment.deleted", "employment.updated", "individual.created",
            "individual.deleted", "individual.updated", "job.benefit_create.completed",
            "job.benefit_enroll.completed", "job.benefit_register.completed", "job.benefit_unenroll.completed",
            "job.benefit_update.completed", "job.data_sync_all.completed", "job.initial_data_sync_org.succeeded",
            "job.initial_data_sync_payroll.succeeded", "job.w4_form_employee_sync.completed",
            "pay_statement.created", "pay_statement.deleted", "pay_statement.updated", "payment.created",
            "payment.deleted", "payment.updated",
        ],
        types_source: "npm @tryfinch/finch-api 10.7.0",
        idempotency: IdempotencyRule::SignedId;
    /// Checkr, with the API key.
    ///
    /// Replay attacks: a captured delivery stays valid forever, so deduplicate.
    CHECKR = "checkr", Code, "NangoHQ/nango", [
        "X-Checkr-Signature: {hex}", "{body}"
    ];
    /// Onfido.
    ///
    /// Replay attacks: a captured delivery stays valid forever, so deduplicate.
    ONFIDO = "onfido", VendorLibrary, "npm @onfido/api", [
        "X-SHA2-Signature: {hex}", "{body}"
    ],
        event: "payload.action: {type}\npayload.object.id?: {key}\npayload.object.completed_at_iso8601?: {timestamp:rfc3339} {key}\npayload: {data}",
        types: [
            "audit_log.created", "check.completed", "check.form_completed", "check.reopened", "check.started",
            "check.withdrawn", "report.awaiting_approval", "report.cancelled", "report.completed", "report.resumed",
            "report.withdrawn", "watchlist_monitor.matches_updated", "workflow_run.completed",
            "workflow_run_evidence_folder.created", "workflow_task.completed", "workflow_task.started",
            "workflow_timeline_file.created",
        ],
        types_source: "npm @onfido/api 6.2.0",
        idempotency: IdempotencyRule::EventId;
    /// Persona. During a rotation, it sends two sets of a time and a signature, separated by a blank, which the notation
    /// cannot express: of these, only the second signature is read, under the time of the first set. Give the receiver
    /// both secrets, and keep the rotation short.
    ///
    /// `data.type` is always `event`. The spelling of the time's field is a setting, so no time is read.
    PERSONA = "persona", Code, "a public TypeScript catalogue; hookdeck/webhook-skills; docs.withpersona.com", [
        "Persona-Signature: t={timestamp},v1={hex},...", "{timestamp}.{body}"
    ],
        event: "data.id: {id}\ndata.type: event\ndata.attributes.name: {type}\ndata.attributes.payload: {data}",
        idempotency: IdempotencyRule::EventId;
    /// Logto.
    ///
    /// Replay attacks: a captured delivery stays valid forever, so deduplicate.
    LOGTO = "logto", Code, "Logto's code; receivers' code", [
        "logto-signature-sha-256: {hex}", "{body}"
    ];
    /// Sumsub with HMAC-SHA256. A setting chooses the algorithm, and the header that names it is not signed: a request
    /// with another name in it is refused. If yours is SHA-512, write a scheme of your own.
    ///
    /// Replay attacks: a captured delivery stays valid forever, so deduplicate.
    SUMSUB = "sumsub", Code, "receivers' code", [
        "X-Payload-Digest-Alg: HMAC_SHA256_HEX\nX-Payload-Digest: {hex}", "{body}"
    ];
    /// Stytch, which sends through Svix.
    STYTCH = "stytch", Code, "a public TypeScript catalogue", [
        SVIX, "{id}.{timestamp}.{body}", secret_form(Whsec)
    ];
    /// Vanta, which sends through Svix.
    VANTA = "vanta", Code, "a public TypeScript catalogue", [
        SVIX, "{id}.{timestamp}.{body}", secret_form(Whsec)
    ];
    /// ZITADEL actions. Targets whose payload is a JWT are not signed in this way.
    ZITADEL = "zitadel", Code, "receivers' code", [
        "ZITADEL-Signature: t={timestamp},v1={hex},...", "{timestamp}.{body}"
    ];
    /// Okta event hooks, with the secret in `Authorization`.
    ///
    /// Each request contains the secret itself, and nothing is signed: whoever has seen one request, in a log or a proxy, can
    /// send any other. A receiver must [accept](Provider::accept) that.
    ///
    /// Replay attacks: a captured delivery stays valid forever, so deduplicate.
    OKTA = "okta", Code, "a public TypeScript catalogue; a receiver's code", [
        "Authorization: {secret}", ""
    ],
        handshakes: [":method: GET\nX-Okta-Verification-Challenge: {challenge}", "{\"verification\":\"{challenge}\"}"],
        idempotency: IdempotencyRule::Body;
    /// FusionAuth, with the kind of key that you configured there.
    ///
    /// Replay attacks: a captured delivery stays valid forever, so deduplicate.
    FUSIONAUTH = "fusionauth", Documented, "hookdeck/webhook-skills", [
        "X-FusionAuth-Signature-JWT: {jwt}", "request_body_sha256: {body|sha256-base64}";
        "X-FusionAuth-Signature-JWT: {jwt}", "request_body_sha256: {body|sha256-base64}", algorithm(RsaSha256);
        "X-FusionAuth-Signature-JWT: {jwt}", "request_body_sha256: {body|sha256-base64}", algorithm(P256Fixed)
    ],
        idempotency: IdempotencyRule::Body;
    /// Kinde. The body is the token; its keys are a JSON Web Key Set.
    KINDE = "kinde", VendorLibrary, "docs.kinde.com; npm @kinde/webhooks", if feature = "rsa", [
        "\n\n{jwt}", "exp?: {expiry}", algorithm(RsaSha256)
    ],
        idempotency: IdempotencyRule::Body;
}
