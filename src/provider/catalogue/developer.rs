//! Developer tools and operations.

use super::*;

table! {
    /// GitHub. Its delivery id is not signed: use it only for logs.
    ///
    /// It never delivers an event again by itself, only when asked through its API.
    ///
    /// Replay attacks: a captured delivery stays valid forever, so deduplicate.
    GITHUB = "github", VendorLibrary, "docs.github.com/webhooks; npm @octokit/webhooks-methods", [
        "X-Hub-Signature-256: sha256={hex}\nX-GitHub-Delivery: {id}", "{body}"
    ],
        event: "X-GitHub-Event: {type}\nX-GitHub-Delivery: {id}\n\naction?: {type}\n{data}";
            "X-GitHub-Event: {type}\nX-GitHub-Delivery: {id}\n\n&payload.{json}.action?: {type}\n&payload.{json}: {data}",
        types: [
            "branch_protection_configuration", "branch_protection_configuration.disabled",
            "branch_protection_configuration.enabled", "branch_protection_rule", "branch_protection_rule.created",
            "branch_protection_rule.deleted", "branch_protection_rule.edited", "check_run", "check_run.completed",
            "check_run.created", "check_run.requested_action", "check_run.rerequested", "check_suite",
            "check_suite.completed", "check_suite.requested", "check_suite.rerequested", "code_scanning_alert",
            "code_scanning_alert.appeared_in_branch", "code_scanning_alert.closed_by_user",
            "code_scanning_alert.created", "code_scanning_alert.fixed", "code_scanning_alert.reopened",
            "code_scanning_alert.reopened_by_user", "commit_comment", "commit_comment.created", "create",
            "custom_property", "custom_property.created", "custom_property.deleted",
            "custom_property.promote_to_enterprise", "custom_property.updated", "custom_property_values",
            "custom_property_values.updated", "delete", "dependabot_alert", "dependabot_alert.auto_dismissed",
            "dependabot_alert.auto_reopened", "dependabot_alert.created", "dependabot_alert.dismissed",
            "dependabot_alert.fixed", "dependabot_alert.reintroduced", "dependabot_alert.reopened", "deploy_key",
            "deploy_key.created", "deploy_key.deleted", "deployment", "deployment.created",
            "deployment_protection_rule", "deployment_protection_rule.requested", "deployment_review",
            "deployment_review.approved", "deployment_review.rejected", "deployment_review.requested",
            "deployment_status", "deployment_status.created", "discussion", "discussion.answered",
            "discussion.category_changed", "discussion.closed", "discussion.created", "discussion.deleted",
            "discussion.edited", "discussion.labeled", "discussion.locked", "discussion.pinned",
            "discussion.reopened", "discussion.transferred", "discussion.unanswered", "discussion.unlabeled",
            "discussion.unlocked", "discussion.unpinned", "discussion_comment", "discussion_comment.created",
            "discussion_comment.deleted", "discussion_comment.edited", "fork", "github_app_authorization",
            "github_app_authorization.revoked", "gollum", "installation", "installation.created",
            "installation.deleted", "installation.new_permissions_accepted", "installation.suspend",
            "installation.unsuspend", "installation_repositories", "installation_repositories.added",
            "installation_repositories.removed", "installation_target", "installation_target.renamed",
            "issue_comment", "issue_comment.created", "issue_comment.deleted", "issue_comment.edited",
            "issue_dependencies", "issue_dependencies.blocked_by_added", "issue_dependencies.blocked_by_removed",
            "issue_dependencies.blocking_added", "issue_dependencies.blocking_removed", "issues", "issues.assigned",
            "issues.closed", "issues.deleted", "issues.demilestoned", "issues.edited", "issues.labeled",
            "issues.locked", "issues.milestoned", "issues.opened", "issues.pinned", "issues.reopened",
            "issues.transferred", "issues.typed", "issues.unassigned", "issues.unlabeled", "issues.unlocked",
            "issues.unpinned", "issues.untyped", "label", "label.created", "label.deleted", "label.edited",
            "marketplace_purchase", "marketplace_purchase.cancelled", "marketplace_purchase.changed",
            "marketplace_purchase.pending_change", "marketplace_purchase.pending_change_cancelled",
            "marketplace_purchase.purchased", "member", "member.added", "member.edited", "member.removed",
            "membership", "membership.added", "membership.removed", "merge_group", "merge_group.checks_requested",
            "merge_group.destroyed", "meta", "meta.deleted", "milestone", "milestone.closed", "milestone.created",
            "milestone.deleted", "milestone.edited", "milestone.opened", "org_block", "org_block.blocked",
            "org_block.unblocked", "organization", "organization.deleted", "organization.member_added",
            "organization.member_invited", "organization.member_removed", "organization.renamed", "package",
            "package.published", "package.updated", "page_build", "personal_access_token_request",
            "personal_access_token_request.approved", "personal_access_token_request.cancelled",
            "personal_access_token_request.created", "personal_access_token_request.denied", "ping", "project",
            "project.closed", "project.created", "project.deleted", "project.edited", "project.reopened",
            "project_card", "project_card.converted", "project_card.created", "project_card.deleted",
            "project_card.edited", "project_card.moved", "project_column", "project_column.created",
            "project_column.deleted", "project_column.edited", "project_column.moved", "projects_v2",
            "projects_v2.closed", "projects_v2.created", "projects_v2.deleted", "projects_v2.edited",
            "projects_v2.reopened", "projects_v2_item", "projects_v2_item.archived", "projects_v2_item.converted",
            "projects_v2_item.created", "projects_v2_item.deleted", "projects_v2_item.edited",
            "projects_v2_item.reordered", "projects_v2_item.restored", "projects_v2_status_update",
            "projects_v2_status_update.created", "projects_v2_status_update.deleted",
            "projects_v2_status_update.edited", "public", "pull_request", "pull_request.assigned",
            "pull_request.auto_merge_disabled", "pull_request.auto_merge_enabled", "pull_request.closed",
            "pull_request.converted_to_draft", "pull_request.demilestoned", "pull_request.dequeued",
            "pull_request.edited", "pull_request.enqueued", "pull_request.labeled", "pull_request.locked",
            "pull_request.milestoned", "pull_request.opened", "pull_request.ready_for_review",
            "pull_request.reopened", "pull_request.review_request_removed", "pull_request.review_requested",
            "pull_request.synchronize", "pull_request.unassigned", "pull_request.unlabeled", "pull_request.unlocked",
            "pull_request_review", "pull_request_review.dismissed", "pull_request_review.edited",
            "pull_request_review.submitted", "pull_request_review_comment", "pull_request_review_comment.created",
            "pull_request_review_comment.deleted", "pull_request_review_comment.edited",
            "pull_request_review_thread", "pull_request_review_thread.resolved",
            "pull_request_review_thread.unresolved", "push", "registry_package", "registry_package.published",
            "registry_package.updated", "release", "release.created", "release.deleted", "release.edited",
            "release.prereleased", "release.published", "release.released", "release.unpublished", "repository",
            "repository.archived", "repository.created", "repository.deleted", "repository.edited",
            "repository.privatized", "repository.publicized", "repository.renamed", "repository.transferred",
            "repository.unarchived", "repository_advisory", "repository_advisory.published",
            "repository_advisory.reported", "repository_dispatch", "repository_import", "repository_ruleset",
            "repository_ruleset.created", "repository_ruleset.deleted", "repository_ruleset.edited",
            "repository_vulnerability_alert", "repository_vulnerability_alert.create",
            "repository_vulnerability_alert.dismiss", "repository_vulnerability_alert.reopen",
            "repository_vulnerability_alert.resolve", "secret_scanning_alert", "secret_scanning_alert.assigned",
            "secret_scanning_alert.created", "secret_scanning_alert.publicly_leaked",
            "secret_scanning_alert.reopened", "secret_scanning_alert.resolved", "secret_scanning_alert.unassigned",
            "secret_scanning_alert.validated", "secret_scanning_alert_location",
            "secret_scanning_alert_location.created", "secret_scanning_scan", "secret_scanning_scan.completed",
            "security_advisory", "security_advisory.published", "security_advisory.updated",
            "security_advisory.withdrawn", "security_and_analysis", "sponsorship", "sponsorship.cancelled",
            "sponsorship.created", "sponsorship.edited", "sponsorship.pending_cancellation",
            "sponsorship.pending_tier_change", "sponsorship.tier_changed", "star", "star.created", "star.deleted",
            "status", "sub_issues", "sub_issues.parent_issue_added", "sub_issues.parent_issue_removed",
            "sub_issues.sub_issue_added", "sub_issues.sub_issue_removed", "team", "team.added_to_repository",
            "team.created", "team.deleted", "team.edited", "team.removed_from_repository", "team_add", "watch",
            "watch.started", "workflow_dispatch", "workflow_job", "workflow_job.completed",
            "workflow_job.in_progress", "workflow_job.queued", "workflow_job.waiting", "workflow_run",
            "workflow_run.completed", "workflow_run.in_progress", "workflow_run.requested",
        ],
        types_source: "npm @octokit/webhooks 14.2.0",
        idempotency: IdempotencyRule::Body,
        test: TestRule::Type(Cow::Borrowed("ping")),
        max_sent: 26_214_400,
        max_received: 26_214_400,
        answer_within: 10,
        delivery: DeliveryPolicy::from_parts(RetryPolicy::NONE, OutcomePolicy::standard(), HealthPolicy::never()).with_timeout(Duration::from_secs(10));
    /// Linear. Its timestamp is in the body, as `webhookTimestamp` in milliseconds: compare it with the clock after
    /// verifying (Linear allows 60 seconds). Its delivery id is not signed: use it only for logs.
    ///
    /// The body has the time of sending, which each retry renews. Type, action, `createdAt` and `data.id` together tell
    /// its events apart. `webhookId` is that of the endpoint.
    ///
    /// Replay attacks: a captured delivery stays valid forever, so deduplicate.
    LINEAR = "linear", VendorLibrary, "linear.app/developers/webhooks; npm @linear/sdk", [
        "Linear-Signature: {hex}\nLinear-Delivery: {id}", "{body}"
    ],
        event: "Linear-Delivery?: {id}\n\ntype: {type}\naction: {type}\ncreatedAt: {timestamp:rfc3339} {key}\ndata.id?: {key}\n{data}",
        idempotency: IdempotencyRule::EventId;
    /// Doppler.
    ///
    /// Two updates of one secret can have the same body, without an id or a time: process its events so that doing it
    /// twice does no harm.
    ///
    /// Replay attacks: a captured delivery stays valid forever, so deduplicate.
    DOPPLER = "doppler", PeerLibrary, "docs.doppler.com; npm @hookflo/tern", [
        "x-doppler-signature: sha256={hex}", "{body}"
    ],
        event: "type: {type}\n{data}",
        idempotency: IdempotencyRule::Nothing;
    /// Grafana Alerting in its default configuration. If the operator configures a timestamp header, write a scheme of
    /// your own that covers `{timestamp}:{body}`.
    ///
    /// A batch of alerts. A reminder of an alert is a duplicate of it.
    ///
    /// Replay attacks: a captured delivery stays valid forever, so deduplicate.
    GRAFANA = "grafana", PeerLibrary, "grafana.com/docs/grafana/latest/alerting; npm @hookflo/tern", [
        "X-Grafana-Alerting-Signature: {hex}", "{body}"
    ],
        event: "alerts[].status: {type}\nalerts[].fingerprint: {key}\nalerts[].startsAt: {timestamp:rfc3339} {key}\nversion: {version}\nalerts[]: {data}",
        idempotency: IdempotencyRule::EventId;
    /// PagerDuty, webhooks of version 3.
    ///
    /// It drops an event that is answered with a 4xx other than 429, and one whose body is over 256 KB. The times of
    /// its retries are not published.
    ///
    /// Replay attacks: a captured delivery stays valid forever, so deduplicate.
    PAGERDUTY = "pagerduty", Code, "developer.pagerduty.com/docs/webhooks", [
        "X-PagerDuty-Signature: v1={hex},...", "{body}"
    ],
        event: "event.id: {id}\nevent.event_type: {type}\nevent.occurred_at: {timestamp:rfc3339}\nevent.data: {data}",
        idempotency: IdempotencyRule::EventId,
        test: TestRule::Type(Cow::Borrowed("pagey.ping")),
        answer_within: 5,
        delivery: DeliveryPolicy::from_parts(RetryPolicy::new(), OutcomePolicy::server_errors_only(), HealthPolicy::never()).with_timeout(Duration::from_secs(5));
    /// Sanity. Sets no tolerance, so a captured delivery stays valid forever.
    ///
    /// It delivers again after 429 and 5xx only, twice. The body is what the operator's projection makes of the
    /// document.
    SANITY = "sanity", VendorLibrary, "www.sanity.io/docs/webhooks; npm @sanity/webhook", [
        "sanity-webhook-signature: t={timestamp:ms},v1={base64url}", "{timestamp}.{body}", past(any)
    ],
        event: "sanity-operation: {type}\nidempotency-key?: {id}\nsanity-transaction-time?: {timestamp:rfc3339}\n\n_type?: {type}\n{data}",
        idempotency: IdempotencyRule::Body,
        delivery: DeliveryPolicy::from_parts(RetryPolicy::SANITY, OutcomePolicy::server_errors_only(), HealthPolicy::never());
    /// Webflow.
    WEBFLOW = "webflow", VendorLibrary, "developers.webflow.com; npm webflow-api", [
        "x-webflow-timestamp: {timestamp:ms}\nx-webflow-signature: {hex}", "{timestamp}:{body}"
    ],
        event: "triggerType: {type}\npayload: {data}",
        types: [
            "collection_item_changed", "collection_item_created", "collection_item_deleted",
            "collection_item_published", "collection_item_unpublished", "comment_created", "ecomm_inventory_changed",
            "ecomm_new_order", "ecomm_order_changed", "form_submission", "page_created", "page_deleted",
            "page_metadata_updated", "site_publish",
        ],
        types_source: "npm webflow-api 3.3.4",
        idempotency: IdempotencyRule::Body,
        answer_within: 30,
        delivery: DeliveryPolicy::from_parts(RetryPolicy::WEBFLOW, OutcomePolicy::standard(), HealthPolicy::never()).with_timeout(Duration::from_secs(30));
    /// Bitbucket Cloud. Its header has a SHA-256 signature under the name that others use for SHA-1. Its delivery id is
    /// not signed: use it only for logs.
    ///
    /// Neither is the header with the type signed.
    ///
    /// Replay attacks: a captured delivery stays valid forever, so deduplicate.
    BITBUCKET = "bitbucket", Code, "a public TypeScript catalogue", [
        "X-Hub-Signature: sha256={hex}\nX-Request-UUID: {id}", "{body}"
    ],
        event: "X-Event-Key: {type}\nX-Request-UUID: {id}\n\n{data}",
        idempotency: IdempotencyRule::BodyAndType;
    /// Gitea. It sends the same signature in `X-Gogs-Signature` and `X-Hub-Signature-256` too. Its delivery id is not
    /// signed: use it only for logs.
    ///
    /// Replay attacks: a captured delivery stays valid forever, so deduplicate.
    GITEA = "gitea", Documented, "docs.rs isb_apps", [
        "X-Gitea-Signature: {hex}\nX-Gitea-Delivery: {id}", "{body}"
    ];
    /// Forgejo. It sends the same signature under the names of Gitea, Gogs and GitHub too, of which only its own are
    /// read. Its delivery id is not signed: use it only for logs.
    ///
    /// Replay attacks: a captured delivery stays valid forever, so deduplicate.
    FORGEJO = "forgejo", Documented, "docs.rs isb_apps", [
        "X-Forgejo-Signature: {hex}\nX-Forgejo-Delivery: {id}", "{body}"
    ];
    /// Sentry's integration platform. `Request-ID`, `Sentry-Hook-Timestamp` and `Sentry-Hook-Resource` are not signed:
    /// the timestamp is no protection against replay attacks.
    ///
    /// The documentation's sample hashes JSON that it has parsed and written again; this preset uses the raw body.
    ///
    /// Replay attacks: a captured delivery stays valid forever, so deduplicate.
    SENTRY = "sentry", Code, "npm @hookflo/tern; a public TypeScript catalogue; simstudioai/sim", [
        "Sentry-Hook-Signature: {hex}\nRequest-ID: {id}", "{body}"
    ],
        event: "Sentry-Hook-Resource: {type}\nRequest-ID?: {id}\nSentry-Hook-Timestamp?: {timestamp}\n\naction: {type}\ninstallation\ndata: {data}",
        idempotency: IdempotencyRule::BodyAndType;
    /// CircleCI. Its header lists versions of the signature, of which only `v1` is read.
    ///
    /// `webhook.id` is that of the endpoint. The shape is from general knowledge: no source was seen for it.
    ///
    /// Replay attacks: a captured delivery stays valid forever, so deduplicate.
    CIRCLECI = "circleci", Code, "a public TypeScript catalogue", [
        "circleci-signature: v1={hex},...", "{body}"
    ],
        event: "id: {id}\ntype: {type}\nhappened_at: {timestamp:rfc3339}\n{data}",
        idempotency: IdempotencyRule::EventId;
    /// Heroku.
    ///
    /// Replay attacks: a captured delivery stays valid forever, so deduplicate.
    HEROKU = "heroku", Code, "a public TypeScript catalogue", [
        "Heroku-Webhook-Hmac-SHA256: {base64}", "{body}"
    ];
    /// Vercel: SHA-1. One library says SHA-256, which two other sources contradict.
    ///
    /// It delivers again for up to 24 hours.
    ///
    /// Replay attacks: a captured delivery stays valid forever, so deduplicate.
    VERCEL = "vercel", Code, "a public TypeScript catalogue; simstudioai/sim; npm @vercel/sdk", if feature = "sha1", [
        "x-vercel-signature: {hex}", "{body}", digest(Sha1)
    ],
        event: "id: {id}\ntype: {type}\ncreatedAt: {timestamp:ms}\npayload: {data}",
        types: [
            "ai-gateway.auto-reload.limit-reached", "ai-gateway.balance-depleted", "alerts.triggered", "botid.anomaly",
            "budget.reached", "comment.created", "comment.deleted", "comment.mentioned", "comment.reaction-added",
            "comment.reaction-removed", "comment.resolved", "comment.unresolved", "comment.updated", "deployment",
            "deployment-canceled", "deployment-check-rerequested", "deployment-checks-completed", "deployment-error",
            "deployment-prepared", "deployment-ready", "deployment.blocked", "deployment.build-requested",
            "deployment.canceled", "deployment.check-rerequested", "deployment.checkrun.cancel",
            "deployment.checkrun.start", "deployment.checks.failed", "deployment.checks.succeeded",
            "deployment.cleanup", "deployment.created", "deployment.error", "deployment.integration.action.cancel",
            "deployment.integration.action.cleanup", "deployment.integration.action.start", "deployment.promoted",
            "deployment.ready", "deployment.rollback", "deployment.succeeded", "domain-created",
            "domain.auto-renew.changed", "domain.certificate.add", "domain.certificate.add.failed",
            "domain.certificate.deleted", "domain.certificate.renew", "domain.certificate.renew.failed",
            "domain.created", "domain.dns.records.changed", "domain.renewal", "domain.renewal.failed",
            "domain.transfer-in.completed", "domain.transfer-in.failed", "domain.transfer-in.started",
            "edge-config.created", "edge-config.deleted", "edge-config.items.updated", "firewall.attack",
            "firewall.custom-rule-anomaly", "firewall.system-rule-anomaly", "flag.created", "flag.deleted",
            "flag.segment.created", "flag.segment.deleted", "flag.segment.updated", "flag.updated",
            "function.archival-required", "function.removal-required", "integration-configuration-removed",
            "integration-configuration.removed", "integration-configuration.transferred",
            "integration-resource.project-connected", "marketplace.invoice.created", "marketplace.invoice.notpaid",
            "marketplace.invoice.overdue", "marketplace.invoice.paid", "marketplace.invoice.refunded",
            "marketplace.member.changed", "message.created", "message.deleted", "message.mentioned",
            "message.reaction-added", "message.reaction-removed", "message.updated", "observability.anomaly",
            "observability.anomaly-error", "observability.error-anomaly", "observability.usage-anomaly",
            "project-created", "project-removed", "project.created", "project.domain.created", "project.domain.deleted",
            "project.domain.moved", "project.domain.unverified", "project.domain.updated", "project.domain.verified",
            "project.env-variable.created", "project.env-variable.deleted", "project.env-variable.updated",
            "project.removed", "project.renamed", "project.rolling-release.aborted", "project.rolling-release.approved",
            "project.rolling-release.completed", "project.rolling-release.started", "test-webhook", "thread.resolved",
            "thread.unresolved",
        ],
        types_source: "npm @vercel/sdk 1.28.35",
        idempotency: IdempotencyRule::EventId,
        answer_within: 30;
    /// LaunchDarkly.
    ///
    /// An entry of the audit log. The action is only in its `titleVerb` and `accesses`. The shape is from general
    /// knowledge: no source was seen for it.
    ///
    /// Replay attacks: a captured delivery stays valid forever, so deduplicate.
    LAUNCHDARKLY = "launchdarkly", Code, "a public TypeScript catalogue", [
        "X-LD-Signature: {hex}", "{body}"
    ],
        event: "_id: {id}\nkind: {type}\ndate: {timestamp:ms}\n{data}",
        idempotency: IdempotencyRule::EventId;
    /// npm's hooks, which are said to be retired.
    ///
    /// Replay attacks: a captured delivery stays valid forever, so deduplicate.
    NPM = "npm", Code, "a public TypeScript catalogue", [
        "x-npm-signature: sha256={hex}", "{body}"
    ];
    /// Supabase: Standard Webhooks. The dashboard shows the secret with `v1,whsec_` before it, which is read too. An
    /// Auth Hook expects an answer that decides: see [`Reply`](crate::receive::Reply).
    SUPABASE = "supabase", Code, "a public TypeScript catalogue; hookdeck/webhook-skills", [
        STANDARD, "{id}.{timestamp}.{body}", secret_form(Whsec)
    ];
    /// Render: Standard Webhooks.
    RENDER = "render", Code, "a public TypeScript catalogue", [
        STANDARD, "{id}.{timestamp}.{body}", secret_form(Whsec)
    ];
    /// GitLab with a signing token: Standard Webhooks. The feature is new and behind a flag. A hook without a signing
    /// token sends a secret token instead, which is no signature.
    ///
    /// GitLab disables a hook for a while after 4 failures in a row, and for good after 40.
    GITLAB_SIGNED = "gitlab-signed", Documented, "gitlab-org/gitlab, merge request 230944", [
        STANDARD, "{id}.{timestamp}.{body}", secret_form(Whsec)
    ],
        event: "object_kind: {type}\nobject_attributes.action?: {type}\n{data}",
        idempotency: IdempotencyRule::SignedId,
        max_sent: 26_214_400,
        max_received: 26_214_400,
        answer_within: 10;
    /// incident.io: Standard Webhooks.
    INCIDENT_IO = "incident-io", Code, "a public TypeScript catalogue; simstudioai/sim", [
        STANDARD, "{id}.{timestamp}.{body}", secret_form(Whsec)
    ];
    /// Rootly. It publishes no tolerance.
    ROOTLY = "rootly", Code, "docs.rootly.com; simstudioai/sim", [
        "X-Rootly-Signature: t={timestamp},v1={hex}", "{timestamp}{body}"
    ];
    /// MongoDB Atlas alerts.
    ///
    /// Replay attacks: a captured delivery stays valid forever, so deduplicate.
    MONGODB_ATLAS = "mongodb-atlas", Code, "a public TypeScript catalogue", if feature = "sha1", [
        "X-MMS-Signature: {base64}", "{body}", digest(Sha1)
    ];
    /// Terraform Cloud: SHA-512. One document says SHA-256, which five receivers contradict. It is said to ask for a
    /// 200 with a request of its own before it delivers.
    ///
    /// Replay attacks: a captured delivery stays valid forever, so deduplicate.
    TERRAFORM_CLOUD = "terraform-cloud", Code, "receivers' code", [
        "X-TFE-Notification-Signature: {hex}", "{body}", digest(Sha512)
    ];
    /// Alchemy Notify. Each webhook has a signing key of its own.
    ///
    /// Replay attacks: a captured delivery stays valid forever, so deduplicate.
    ALCHEMY = "alchemy", Code, "receivers' code", [
        "X-Alchemy-Signature: {hex}", "{body}"
    ];
    /// Nango, with the webhook signing key, which is not the API key since April 2026. The older header
    /// `X-Nango-Signature` is a plain hash and is not read.
    ///
    /// Replay attacks: a captured delivery stays valid forever, so deduplicate.
    NANGO = "nango", VendorLibrary, "npm @nangohq/node", [
        "X-Nango-Hmac-Sha256: {hex}", "{body}"
    ];
    /// Taiga.
    ///
    /// Replay attacks: a captured delivery stays valid forever, so deduplicate.
    TAIGA = "taiga", PeerLibrary, "npm n8n-nodes-base", if feature = "sha1", [
        "X-TAIGA-WEBHOOK-SIGNATURE: {hex}", "{body}", digest(Sha1)
    ];
    /// GitLab with a secret token. For its signatures, see [`GITLAB_SIGNED`].
    ///
    /// Each request contains the secret itself, and nothing is signed: whoever has seen one request, in a log or a proxy, can
    /// send any other. A receiver must [accept](Provider::accept) that.
    ///
    /// Replay attacks: a captured delivery stays valid forever, so deduplicate.
    GITLAB = "gitlab", Code, "docs.gitlab.com; n8n-nodes-base; npm @hookflo/tern", [
        "X-Gitlab-Token: {secret}\nIdempotency-Key: {id}", ""
    ],
        event: "object_kind: {type}\nobject_attributes.action?: {type}\n{data}",
        idempotency: IdempotencyRule::Body,
        max_received: 26_214_400,
        answer_within: 10;
    /// Cloudflare notifications.
    ///
    /// Each request contains the secret itself, and nothing is signed: whoever has seen one request, in a log or a proxy, can
    /// send any other. A receiver must [accept](Provider::accept) that.
    ///
    /// Replay attacks: a captured delivery stays valid forever, so deduplicate.
    CLOUDFLARE = "cloudflare", Code, "Cloudflare's Terraform provider; a receiver's code", [
        "cf-webhook-auth: {secret}", ""
    ],
        idempotency: IdempotencyRule::Body;
    /// Appwrite.
    ///
    /// The signature covers the URL that you registered: set it with [`with_public_url`](Provider::with_public_url).
    ///
    /// Replay attacks: a captured delivery stays valid forever, so deduplicate.
    APPWRITE = "appwrite", Code, "receivers' code", if feature = "sha1", [
        "X-Appwrite-Webhook-Signature: {base64}", "{url}{body}", digest(Sha1)
    ],
        idempotency: IdempotencyRule::Body;
    /// Azure DevOps service hooks.
    ///
    /// HTTP Basic authentication: the secret is `user:password`, as you wrote it in the registered URL. Nothing is signed:
    /// whoever has seen one request, in a log or a proxy, can send any other. A receiver must [accept](Provider::accept) that.
    ///
    /// Replay attacks: a captured delivery stays valid forever, so deduplicate.
    AZURE_DEVOPS = "azure-devops", Code, "simstudioai/sim", [
        "Authorization: Basic {secret|base64}", ""
    ],
        idempotency: IdempotencyRule::Body;
    /// Mixpanel.
    ///
    /// HTTP Basic authentication: the secret is `user:password`, as you wrote it in the registered URL. Nothing is signed:
    /// whoever has seen one request, in a log or a proxy, can send any other. A receiver must [accept](Provider::accept) that.
    ///
    /// Replay attacks: a captured delivery stays valid forever, so deduplicate.
    MIXPANEL = "mixpanel", Code, "a public TypeScript catalogue", [
        "Authorization: Basic {secret|base64}", ""
    ],
        idempotency: IdempotencyRule::Body;
    /// GitHub's secret scanning partner programme, and Copilot extensions: the keys are a published list.
    ///
    /// Replay attacks: a captured delivery stays valid forever, so deduplicate.
    GITHUB_KEY_LIST = "github-key-list", VendorLibrary, "docs.github.com; npm @copilot-extensions/preview-sdk", if feature = "p256", [
        "Github-Public-Key-Identifier: {key}\nGithub-Public-Key-Signature: {base64}", "{body}", algorithm(P256)
    ],
        idempotency: IdempotencyRule::Body;
    /// Netlify.
    ///
    /// Replay attacks: a captured delivery stays valid forever, so deduplicate.
    NETLIFY = "netlify", Code, "n8n-nodes-base", [
        "X-Webhook-Signature: {jwt}", "sha256: {body|sha256-hex}"
    ],
        idempotency: IdempotencyRule::Body;
    /// AWS SNS, signatures of version 2. List your topics with [`with_allowed`](Provider::with_allowed): anybody can have SNS sign
    /// a message of a topic of theirs.
    ///
    /// A message with the type `SubscriptionConfirmation` has a `SubscribeURL`, which you must open yourself: nothing from a request
    /// is fetched here. The key is that of the certificate at `SigningCertURL`, which is the key's id: take certificates only from
    /// hosts `sns.….amazonaws.com` and `sns.….amazonaws.com.cn`. The message's attributes are not signed.
    ///
    /// Replay attacks: a captured delivery stays valid forever, so deduplicate.
    AWS_SNS = "aws-sns", VendorLibrary, "docs.aws.amazon.com/sns; npm sns-validator", if feature = "rsa", [
        "\n\nSignatureVersion: 2\nType: Notification\nTopicArn: {allowed}\nTimestamp: {timestamp:rfc3339}\nSigningCertURL: {key}\nSignature: {base64}",
        "Message\n{$.Message|free}\nMessageId\n{$.MessageId}\nSubject\n{$.Subject}\nTimestamp\n{timestamp}\nTopicArn\n{$.TopicArn}\nType\n{$.Type}\n", algorithm(RsaSha256), past(any);
        "\n\nSignatureVersion: 2\nType: Notification\nTopicArn: {allowed}\nTimestamp: {timestamp:rfc3339}\nSigningCertURL: {key}\nSignature: {base64}",
        "Message\n{$.Message|free}\nMessageId\n{$.MessageId}\nTimestamp\n{timestamp}\nTopicArn\n{$.TopicArn}\nType\n{$.Type}\n", algorithm(RsaSha256), past(any);
        "\n\nSignatureVersion: 2\nTopicArn: {allowed}\nTimestamp: {timestamp:rfc3339}\nSigningCertURL: {key}\nSignature: {base64}",
        "Message\n{$.Message|free}\nMessageId\n{$.MessageId}\nSubscribeURL\n{$.SubscribeURL}\nTimestamp\n{timestamp}\nToken\n{$.Token}\nTopicArn\n{$.TopicArn}\nType\n{$.Type}\n", algorithm(RsaSha256), past(any)
    ],
        event: "Type: {type}\nMessageId: {id}\nTimestamp: {timestamp:rfc3339}\nMessage: {data}",
        idempotency: IdempotencyRule::EventId;
}
