//! `beleg verify …`: looks now, says what it found, records nothing.

mod place;
mod render;

use crate::arguments::{
    Global, IdentityArguments, RootArguments, TrustArguments, Verify, VerifyArtifact, VerifyBundle,
    VerifyCommits, VerifyImage, VerifyLayout, VerifyOutput, VerifyRelease, VerifyTags,
};
use crate::destination::Destination;
use crate::exit::{Exit, UsageError};
use crate::system::{self, StoreRuntime};
use crate::{output, progress};
use anyhow::Context as _;
use beleg_checks::World;
use beleg_checks::verify::{
    ArtifactFiles, CommitRange, Identity, LaidOut, Release, ReleaseError, SignedImage, SignedTags,
    SignerLocators, TrustLocators, Verified, sign_summary, verify_artifacts, verify_commits,
    verify_image, verify_layout, verify_release, verify_tags,
};
use beleg_dsse::Signer;
use beleg_engine::{Cancel, Ctx, SoFar};
use beleg_model::Digest;
use beleg_store::Stores;
use std::cell::RefCell;
use std::path::Path;

/// The trusted root that counts where none is named.
const DEFAULT_ROOT: &str = "production";

/// Runs the command that the arguments name.
pub(crate) fn verify(global: &Global, command: Verify) -> anyhow::Result<Exit> {
    // Not emptied: it may be what is verified, which is refused further on.
    let destination = Destination::open(output_of(&command).output.as_deref())?;
    let looking = Looking::begin(global, destination)?;
    match command {
        Verify::Commits(arguments) => looking.commits(arguments),
        Verify::Tags(arguments) => looking.tags(arguments),
        Verify::Artifact(arguments) => looking.artifact(arguments),
        Verify::Bundle(arguments) => looking.bundle(arguments),
        Verify::Image(arguments) => looking.image(arguments),
        Verify::Layout(arguments) => looking.layout(arguments),
        Verify::Release(arguments) => looking.release(arguments),
    }
}

fn output_of(command: &Verify) -> &VerifyOutput {
    match command {
        Verify::Commits(arguments) => &arguments.output,
        Verify::Tags(arguments) => &arguments.output,
        Verify::Artifact(arguments) => &arguments.output,
        Verify::Bundle(arguments) => &arguments.output,
        Verify::Image(arguments) => &arguments.output,
        Verify::Layout(arguments) => &arguments.output,
        Verify::Release(arguments) => &arguments.output,
    }
}

/// What a verification has at hand.
struct Looking<'a> {
    global: &'a Global,
    /// Where the result goes.
    destination: RefCell<Destination>,
    stores: Stores,
    ctx: Ctx,
    /// What the stores run on.
    _runtime: StoreRuntime,
}

impl<'a> Looking<'a> {
    fn begin(global: &'a Global, destination: Destination) -> anyhow::Result<Self> {
        let runtime = StoreRuntime::start()?;
        let root = std::path::absolute(&global.directory)
            .with_context(|| format!("`{}` is no folder", global.directory.display()))?;
        let stores = Stores::new(runtime.handle(), &root, system::environment(), global.offline);
        let cancel = Cancel::default();
        system::heed_signals(&runtime.handle(), &cancel);
        let ctx = Ctx {
            now: system::now(),
            monotonic: system::monotonic(),
            cancel,
            progress: progress::bar(global.quiet, "verifying".to_owned()),
            scratch: std::env::temp_dir(),
            so_far: SoFar::default(),
        };
        Ok(Self { global, destination: RefCell::new(destination), stores, ctx, _runtime: runtime })
    }

    fn commits(&self, arguments: VerifyCommits) -> anyhow::Result<Exit> {
        let signers = signers(arguments.identity, arguments.trust.into())?;
        let commits = CommitRange {
            repository: arguments.repo,
            range: arguments.range,
            branch: arguments.branch,
            cache: arguments.cache,
            policy: arguments.policy,
            trust: signers.trust,
            identities: signers.identities,
            allow_signing_for_others: arguments.allow_signing_for_others_unsafe,
        };
        self.show(&verify_commits(&commits, &self.stores, &self.ctx)?, &arguments.output)
    }

    fn tags(&self, arguments: VerifyTags) -> anyhow::Result<Exit> {
        let signers = signers(arguments.identity, arguments.trust.into())?;
        let tags = SignedTags {
            repository: arguments.repo,
            tags: arguments.tags,
            policy: arguments.policy,
            trust: signers.trust,
            identities: signers.identities,
            allow_signing_for_others: arguments.allow_signing_for_others_unsafe,
        };
        self.show(&verify_tags(&tags, &self.stores, &self.ctx)?, &arguments.output)
    }

    fn artifact(&self, arguments: VerifyArtifact) -> anyhow::Result<Exit> {
        let mut signers = signers(arguments.identity, arguments.trust.into())?;
        // Whoever names an identity and no root means Sigstore's own.
        if !signers.identities.is_empty() {
            signers.trust = with_default_root(signers.trust);
        }
        let files = ArtifactFiles {
            files: arguments.files,
            signature: arguments.signature,
            bundles_only: false,
            without_log: false,
            promise_suffices: arguments.promise_suffices_unsafe,
            signers,
        };
        self.show(&verify_artifacts(&files, &self.stores, &self.ctx)?, &arguments.output)
    }

    fn bundle(&self, arguments: VerifyBundle) -> anyhow::Result<Exit> {
        let trust = with_default_root(arguments.root.into());
        let signers = signers(arguments.identity, trust)?;
        if signers.keys.is_empty() && signers.identities.is_empty() {
            return Err(UsageError(
                "nobody may sign: name a `--key`, or a `--certificate-identity` with its \
                 `--certificate-oidc-issuer`"
                    .to_owned(),
            )
            .into());
        }
        let files = ArtifactFiles {
            files: vec![arguments.subject],
            signature: Some(arguments.bundle),
            bundles_only: true,
            without_log: arguments.without_log_unsafe,
            promise_suffices: arguments.promise_suffices_unsafe,
            signers,
        };
        self.show(&verify_artifacts(&files, &self.stores, &self.ctx)?, &arguments.output)
    }

    fn image(&self, arguments: VerifyImage) -> anyhow::Result<Exit> {
        let trust = with_default_root(arguments.root.into());
        let digest = arguments.digest.as_deref().map(str::parse::<Digest>).transpose();
        let image = SignedImage {
            image: arguments.image,
            reference: arguments.reference,
            digest: digest.map_err(|error| UsageError(error.to_string()))?,
            without_log: arguments.without_log_unsafe,
            promise_suffices: arguments.promise_suffices_unsafe,
            manifest_only_unsafe: arguments.manifest_only_unsafe,
            signers: signers(arguments.identity, trust)?,
        };
        self.show(&verify_image(&image, &self.stores, &self.ctx)?, &arguments.output)
    }

    fn layout(&self, arguments: VerifyLayout) -> anyhow::Result<Exit> {
        let laid = LaidOut {
            files: arguments.files,
            layout: arguments.layout,
            links: arguments.links,
            keys: arguments.keys,
        };
        self.show(&verify_layout(&laid, &self.stores, &self.ctx)?, &arguments.output)
    }

    fn release(&self, arguments: VerifyRelease) -> anyhow::Result<Exit> {
        let signer = arguments.sign_key.as_deref().map(read_key).transpose()?;
        // A folder elsewhere cannot be read, which the verification says.
        let folder = self.stores.local_path(&arguments.folder);
        let folder = folder.unwrap_or_else(|| arguments.folder.clone().into());
        if let Some(file) = &arguments.output.output {
            place::stay_out(&folder, file)?;
        }
        let summary = signer.is_some().then(|| place::of_summary(&folder, arguments.summary));
        let summary = summary.transpose()?;
        // Neither the verdict nor the summary may be lost to a folder that is not there.
        let summary = match summary {
            Some(place) => Some((Destination::open(Some(&place))?, place)),
            None => None,
        };
        let release = Release { folder: arguments.folder, policy: arguments.policy };
        let world = World::new(self.stores.clone());
        let verified = match verify_release(&release, &world, &self.ctx) {
            Ok(verified) => verified,
            Err(ReleaseError::Policy { file, problems }) => {
                let lines: Vec<String> = problems.iter().map(ToString::to_string).collect();
                let text = format!("`{file}` cannot be used:\n{}", lines.join("\n"));
                return Err(UsageError(text).into());
            }
            Err(error @ ReleaseError::Unreadable { .. }) => {
                return Err(UsageError(error.to_string()).into());
            }
            Err(error) => return Err(error.into()),
        };
        let exit = self.show(&verified.verified, &arguments.output)?;
        if let Some((signer, (mut destination, place))) = signer.zip(summary) {
            let summary = sign_summary(&verified.summary, env!("CARGO_PKG_VERSION"), &signer)
                .map_err(|error| UsageError(format!("no summary can be signed: {error}")))?;
            destination.write(&summary)?;
            let place = place.display();
            let key = signer.verifier();
            output::hint(self.global, &format!("The summary is in {place}, signed by {key}"));
        }
        Ok(exit)
    }

    fn show(&self, verified: &Verified, shown: &VerifyOutput) -> anyhow::Result<Exit> {
        let colour = shown.output.is_none() && output::coloured(self.global);
        let bytes = render::render(verified, shown.format, colour)?;
        let verdict = verified.outcome.verdict;
        if let Err(error) = self.destination.borrow_mut().write(&bytes) {
            return Ok(output::unreported(&error, verdict, "nothing else says so"));
        }
        if self.ctx.cancel.is_cancelled() {
            return Ok(Exit::Interrupted);
        }
        Ok(Exit::of_verdict(verdict))
    }
}

/// Reads a private key that beleg made.
fn read_key(path: &Path) -> anyhow::Result<Signer> {
    let text = std::fs::read_to_string(path).map_err(|error| {
        UsageError(format!("the key `{}` cannot be read: {error}", path.display()))
    })?;
    Signer::parse(text.trim()).map_err(|error| {
        UsageError(format!("`{}` is no private key of beleg: {error}", path.display())).into()
    })
}

/// Takes keys and identities from the command line.
fn signers(arguments: IdentityArguments, trust: TrustLocators) -> anyhow::Result<SignerLocators> {
    let IdentityArguments {
        keys,
        certificate_identity,
        certificate_identity_pattern,
        certificate_oidc_issuer,
    } = arguments;
    let is_pattern = certificate_identity.is_none();
    let identity = certificate_identity.or(certificate_identity_pattern);
    let identities = match (identity, certificate_oidc_issuer) {
        (Some(identity), Some(issuer)) => {
            let issuer = Identity::issuer(issuer);
            vec![Identity { name: identity.clone(), identity, is_pattern, issuer }]
        }
        (None, None) => Vec::new(),
        (Some(_), None) => {
            let text = "an identity means nothing without who vouches for it: name \
                        `--certificate-oidc-issuer` too";
            return Err(UsageError(text.to_owned()).into());
        }
        (None, Some(_)) => {
            let text = "an issuer vouches for many: name `--certificate-identity` or \
                        `--certificate-identity-pattern` too";
            return Err(UsageError(text.to_owned()).into());
        }
    };
    let keys = keys.into_iter().map(|file| (file.clone(), file)).collect();
    Ok(SignerLocators { trust, keys, identities })
}

impl From<TrustArguments> for TrustLocators {
    fn from(arguments: TrustArguments) -> Self {
        Self {
            allowed_signers: arguments.allowed_signers,
            revoked_keys: arguments.revoked_keys,
            keyring: arguments.keyring,
            authorities: arguments.authorities,
            revocation_lists: arguments.revocation_lists,
            ..Self::from(arguments.root)
        }
    }
}

impl From<RootArguments> for TrustLocators {
    fn from(arguments: RootArguments) -> Self {
        let RootArguments { trusted_root, tuf_mirror, tuf_root } = arguments;
        Self { trusted_root, tuf_mirror, tuf_root, ..Self::default() }
    }
}

/// Takes Sigstore's own root where none is named.
fn with_default_root(trust: TrustLocators) -> TrustLocators {
    if trust.trusted_root.is_some() || trust.tuf_mirror.is_some() {
        return trust;
    }
    TrustLocators { trusted_root: Some(DEFAULT_ROOT.to_owned()), ..trust }
}
