using System.Text;
using System.Text.Json;
using Muster.Errors;
using Muster.Twins;
using Xunit;

namespace Muster.Releases;

public sealed class ReleaseMachineTests
{
    private const string Id = "r@1";
    private static readonly DateTimeOffset Now = new(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly ReleaseStatus[] Statuses = Enum.GetValues<ReleaseStatus>();

    private static readonly Dictionary<string, Func<ReleaseState, ReleaseMove>> Changes = new()
    {
        ["change"] = state => ReleaseMachine.Change(Id, state, new ReleaseChange("other", null), null),
        ["add"] = state => ReleaseMachine.Add(Id, state, Artifact("b"), "u"),
        ["sign"] = state => ReleaseMachine.Sign(Id, state, Artifact("a"), null),
        ["remove"] = state => ReleaseMachine.Remove(Id, state, "a", null),
        ["upload"] = state => ReleaseMachine.BeginUpload(Id, state, new OpenUpload("u", "b", Now.AddDays(1)), Now),
    };

    private static readonly Dictionary<string, Func<ReleaseState, ReleaseMove>> Steps = new()
    {
        ["publish"] = state => ReleaseMachine.Publish(Id, state, _ => null, Now, null),
        ["deprecate"] = state => ReleaseMachine.Deprecate(Id, state, null),
        ["withdraw"] = state => ReleaseMachine.Withdraw(Id, state, "because", null),
    };

    [Fact]
    public void Only_a_draft_changes() => EachCase(Changes, (state, move) => Assert.Equal(state.Status == ReleaseStatus.Draft, move is ReleaseMove.Moved));

    [Fact]
    public void A_release_only_ever_goes_on() => EachCase(Steps, (state, move) =>
        Assert.True(move is not ReleaseMove.Moved(var next) || next.Status > state.Status));

    [Fact]
    public void A_step_that_is_said_again_changes_nothing() => EachCase(Steps, (state, move) =>
    {
        if (move is ReleaseMove.Moved(var next))
        {
            Assert.Single(Steps.Values.Select(step => step(next)).OfType<ReleaseMove.Unchanged>());
        }
    });

    [Fact]
    public void Whatever_moves_has_another_etag() => EachCase(Steps, (state, move) =>
        Assert.True(move is not ReleaseMove.Moved(var next) || next.ETag != state.ETag));

    [Fact]
    public void Withdrawing_is_always_possible() => EachCase(new() { ["withdraw"] = Steps["withdraw"] }, (_, move) => Assert.IsNotType<ReleaseMove.Refused>(move));

    [Fact]
    public void An_etag_that_does_not_hold_any_more_is_refused_in_every_status()
    {
        foreach (var status in Statuses)
        {
            var state = State(status);
            Assert.All(
                (ReleaseMove[])
                [
                    ReleaseMachine.Change(Id, state, new ReleaseChange("x", null), "0"), ReleaseMachine.Publish(Id, state, _ => null, Now, "0"),
                    ReleaseMachine.Deprecate(Id, state, "0"), ReleaseMachine.Withdraw(Id, state, "x", "0"), ReleaseMachine.Remove(Id, state, "a", "0"),
                    ReleaseMachine.Sign(Id, state, Artifact("a"), "0"),
                ],
                move => Assert.Equal(HubErrorCode.PreconditionFailed, Refused(move)));
            Assert.Equal(HubErrorCode.PreconditionFailed, ReleaseMachine.CheckDelete(Id, state, "0")?.Code);
        }
    }

    [Fact]
    public void A_draft_is_published_only_with_artifacts_that_are_all_trusted()
    {
        var why = new Refusal(HubErrorCode.SignatureInvalid, "no");

        Assert.Equal(HubErrorCode.ReleaseNotReady, Refused(ReleaseMachine.Publish(Id, State(ReleaseStatus.Draft) with { Artifacts = [] }, _ => null, Now, null)));
        Assert.Equal(HubErrorCode.SignatureInvalid, Refused(ReleaseMachine.Publish(
            Id, State(ReleaseStatus.Draft) with { Artifacts = [Artifact("a"), Artifact("b")] }, artifact => artifact.File.Name == "b" ? why : null, Now, null)));
        var moved = Assert.IsType<ReleaseMove.Moved>(ReleaseMachine.Publish(Id, State(ReleaseStatus.Draft), _ => null, Now, null));
        Assert.Equal((ReleaseStatus.Published, Now), (moved.Next.Status, moved.Next.PublishedAt));
    }

    [Theory]
    [InlineData("x", 1)]
    [InlineData("ü", 2)]
    [InlineData("\"", 2)]
    public void A_draft_is_published_just_if_a_twin_takes_its_manifest_as_one_string(string letter, int bytes)
    {
        var room = TwinLimits.MaxStringBytes - ManifestSigner.SizeOf(Draft("").Manifest(Id));
        foreach (var (length, isPublished) in ((int, bool)[])[(room / bytes, true), ((room / bytes) + 1, false)])
        {
            var release = Draft(string.Concat(Enumerable.Repeat(letter, length)));
            Assert.Equal(isPublished, ReleaseMachine.Publish(Id, release, _ => null, Now, null) is ReleaseMove.Moved);
            Assert.Equal(isPublished, IsTaken(ManifestSigner.Write((release with { PublishedAt = Now }).Manifest(Id))));
        }

        static ReleaseState Draft(string model) => State(ReleaseStatus.Draft) with { Spec = For(model) };

        static bool IsTaken(string manifest)
        {
            using var reader = new TwinReader(Encoding.UTF8.GetBytes(JsonSerializer.Serialize(new { manifest })), TwinPart.Desired);
            return reader.Read() is null;
        }
    }

    [Fact]
    public void A_manifest_that_is_too_long_is_told_with_its_length_and_what_to_do()
    {
        string[] names = [.. Enumerable.Range(0, ReleaseRules.MaxListed).Select(i => $"name-{i}")];
        var spec = For(names);
        var release = State(ReleaseStatus.Draft) with { Spec = spec with { Compatibility = spec.Compatibility with { HardwareRevisions = [.. names] } } };
        var why = Assert.IsType<ReleaseMove.Refused>(ReleaseMachine.Publish(Id, release, _ => null, Now, null)).Why;

        Assert.Equal(HubErrorCode.ReleaseNotReady, why.Code);
        Assert.Contains($"{ManifestSigner.Write(release.Manifest(Id)).Length} bytes", why.Message, StringComparison.Ordinal);
        Assert.Contains("fewer models", why.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Only_what_may_be_downloaded_can_be_pinned_and_what_is_pinned_is_not_deleted()
    {
        foreach (var status in Statuses)
        {
            var isPinnable = status is ReleaseStatus.Published or ReleaseStatus.Deprecated;
            Assert.Equal(isPinnable, ReleaseMachine.Pin(Id, State(status), "rollout") is ReleaseMove.Moved);
            Assert.Equal(isPinnable, State(status).Manifest(Id).MayBeDownloaded);
        }

        var pinned = ((ReleaseMove.Moved)ReleaseMachine.Pin(Id, State(ReleaseStatus.Published), "rollout")).Next;
        Assert.IsType<ReleaseMove.Unchanged>(ReleaseMachine.Pin(Id, pinned, "rollout"));
        Assert.Equal(HubErrorCode.ReleasePinned, ReleaseMachine.CheckDelete(Id, pinned, null)?.Code);
        Assert.Null(ReleaseMachine.CheckDelete(Id, State(ReleaseStatus.Published), null));
    }

    [Fact]
    public void An_id_is_free_again_only_if_its_release_was_never_published()
    {
        Assert.Null(ReleaseMachine.CheckCreate(Id, null));
        foreach (var (status, publishedAt) in Statuses.SelectMany(_ => (DateTimeOffset?[])[null, Now], (status, publishedAt) => (status, publishedAt)))
        {
            var release = State(status) with { PublishedAt = publishedAt, Pins = ["rollout"], Uploads = [new OpenUpload("u", "b", Now)] };
            var left = ReleaseMachine.Tombstone(release, Now.AddDays(1));

            Assert.Contains("already", ReleaseMachine.CheckCreate(Id, release)!.Message, StringComparison.Ordinal);
            Assert.Equal(publishedAt is null, left is null);
            Assert.True(left is null || ReleaseMachine.CheckCreate(Id, left)!.Message.Contains("another version", StringComparison.Ordinal));
        }
    }

    [Fact]
    public void What_is_left_of_a_release_keeps_no_bytes_and_is_for_nobody()
    {
        var release = State(ReleaseStatus.Deprecated) with { PublishedAt = Now, Pins = ["rollout"], Uploads = [new OpenUpload("u", "b", Now)] };
        var left = ReleaseMachine.Tombstone(release, Now.AddDays(1))!;

        Assert.Equal((Now, Now.AddDays(1)), (left.PublishedAt, left.DeletedAt));
        Assert.NotEqual(release.ETag, left.ETag);
        Assert.Empty(left.Artifacts);
        Assert.Empty(left.Pins);
        Assert.Empty(left.Uploads);

        // An older silo does not know that it is deleted.
        Assert.False(left.Manifest(Id).MayBeDownloaded);
    }

    [Fact]
    public void An_artifact_comes_once_however_often_it_is_said_and_never_in_anothers_place()
    {
        var draft = State(ReleaseStatus.Draft);

        Assert.IsType<ReleaseMove.Unchanged>(ReleaseMachine.Add(Id, draft, Artifact("a"), "u"));
        Assert.IsType<ReleaseMove.Unchanged>(ReleaseMachine.Add(Id, State(ReleaseStatus.Published), Artifact("a"), "u"));
        var other = Artifact("a") with { File = Artifact("a").File with { Sha256 = "other" } };
        Assert.Equal(HubErrorCode.ArtifactAlreadyExists, Refused(ReleaseMachine.Add(Id, draft, other, "u")));
        var full = draft with { Artifacts = [.. Enumerable.Range(0, ReleaseMachine.MaxArtifacts).Select(i => Artifact($"x{i}"))] };
        Assert.Equal(HubErrorCode.TooManyArtifacts, Refused(ReleaseMachine.Add(Id, full, Artifact("b"), "u")));
    }

    [Theory]
    [InlineData("", "1", "name")]
    [InlineData("a b", "1", "name")]
    [InlineData("r", "1/2", "version")]
    [InlineData("other", "1", "cannot be called")]
    public void A_release_is_made_only_under_its_own_id(string name, string version, string why) => Assert.Contains(
        why, ReleaseRules.Check(Id, State(ReleaseStatus.Draft).Spec! with { Name = name, Version = version })!.Message, StringComparison.Ordinal);

    [Fact]
    public void A_release_says_which_models_it_is_for_and_does_not_need_itself()
    {
        var spec = State(ReleaseStatus.Draft).Spec!;

        Assert.Null(ReleaseRules.Check(Id, spec));
        Assert.NotNull(ReleaseRules.Check(Id, spec with { Compatibility = new ReleaseCompatibility() }));
        Assert.NotNull(ReleaseRules.Check(Id, spec with { Compatibility = spec.Compatibility with { Models = ["P7", "P7"] } }));
        Assert.NotNull(ReleaseRules.Check(Id, spec with { Compatibility = spec.Compatibility with { RequiredVersion = "1" } }));
        Assert.NotNull(ReleaseRules.Check(Id, spec with { Compatibility = spec.Compatibility with { HardwareRevisions = [""] } }));
    }

    private static void EachCase(Dictionary<string, Func<ReleaseState, ReleaseMove>> moves, Action<ReleaseState, ReleaseMove> check)
    {
        foreach (var (status, move) in Statuses.SelectMany(_ => moves, (status, move) => (status, move)))
        {
            var state = State(status);
            check(state, move.Value(state));
        }
    }

    private static HubErrorCode Refused(ReleaseMove move) => Assert.IsType<ReleaseMove.Refused>(move).Why.Code;

    private static ReleaseState State(ReleaseStatus status) => new()
    {
        Revision = 5,
        Spec = For("P7"),
        Status = status,
        Artifacts = [Artifact("a")],
    };

    private static ReleaseSpec For(params string[] models) =>
        new() { Name = "r", Version = "1", Compatibility = new ReleaseCompatibility { Models = [.. models] } };

    private static StoredArtifact Artifact(string name) => new(
        new ReleaseArtifact { ReleaseId = Id, Name = name, Size = 1, Sha256 = OpensslVectors.Sha256, Sha1 = "", Md5 = "", ContentType = "", BlocksSha256 = "" }, null, default);
}
