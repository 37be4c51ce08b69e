using System.Collections.Immutable;
using Microsoft.Extensions.Logging;
using Muster.Errors;
using Muster.Storage;

namespace Muster.Releases;

/// <summary>All signing keys in one document.</summary>
[GenerateSerializer, Immutable, Alias("muster.SigningKeysState")]
internal sealed record SigningKeysState
{
    /// <summary>By id.</summary>
    [Id(0)] public ImmutableArray<SigningKeyView> Keys { get; init; } = [];
}

[GrainType("signing-keys")]
internal sealed partial class SigningKeysGrain(
    [PersistentState("state", StorageNames.Documents)] IPersistentState<SigningKeysState> storage,
    TimeProvider clock,
    ILogger<SigningKeysGrain> logger) : Grain, ISigningKeysGrain
{
    private ImmutableArray<SigningKeyView> keys = [];

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        keys = storage.RecordExists ? storage.State.Keys : keys;
        return Task.CompletedTask;
    }

    public Task<ImmutableArray<SigningKeyView>> ListAsync() => Task.FromResult(keys);

    public Task<SigningKeyView?> GetAsync(string id) => Task.FromResult(Find(id));

    public async Task<SigningKeyReply> RegisterAsync(string id, string pem)
    {
        if (!ReleaseIds.IsName(id))
        {
            return Refuse(HubErrorCode.ArgumentInvalid, $"A signing key's id has 1 to {ReleaseIds.MaxPartLength} ASCII letters, digits and . _ - characters.");
        }

        var (key, why) = SigningKeyReader.Read(id, pem, clock.GetUtcNow());
        if (key is null)
        {
            return Refuse(HubErrorCode.ArgumentInvalid, why!);
        }

        if (SigningKeyRules.CheckRegister(keys, key) is { } refused)
        {
            return new SigningKeyReply.Refused(refused);
        }

        if (Find(id) is { } there)
        {
            return new SigningKeyReply.Found(there, IsNew: false);
        }

        await SaveAsync([.. keys.Add(key).OrderBy(known => known.Id, StringComparer.Ordinal)]);
        LogRegistered(id, key.Fingerprint);
        return new SigningKeyReply.Found(key, IsNew: true);
    }

    public async Task<SigningKeyReply> RevokeAsync(string id)
    {
        if (Find(id) is not { } key)
        {
            return new SigningKeyReply.Refused(SigningKeyRules.NotFound(id));
        }

        var next = SigningKeyRules.Revoke(keys, key, clock.GetUtcNow());
        var revoked = next.Except(keys).ToList();
        if (revoked.Count > 0)
        {
            await SaveAsync(next);
            revoked.ForEach(gone => LogRevoked(gone.Id, gone.Fingerprint));
        }

        return new SigningKeyReply.Found(Find(id)!, IsNew: false);
    }

    public async Task<Refusal?> DeleteAsync(string id)
    {
        if (SigningKeyRules.CheckDelete(keys, id) is { } why)
        {
            return why;
        }

        var key = Find(id)!;
        await SaveAsync(keys.Remove(key));
        LogDeleted(id, key.Fingerprint);
        return null;
    }

    private SigningKeyView? Find(string id) => SigningKeyRules.Find(keys, id);

    private static SigningKeyReply.Refused Refuse(HubErrorCode code, string message) => new(new Refusal(code, message));

    private async Task SaveAsync(ImmutableArray<SigningKeyView> next)
    {
        storage.State = new SigningKeysState { Keys = next };
        await storage.WriteStateAsync();
        keys = next;
    }

    [LoggerMessage(EventId = 8123, Level = LogLevel.Information, Message = "The signing key {KeyId} was registered ({Fingerprint})")]
    private partial void LogRegistered(string keyId, string fingerprint);

    [LoggerMessage(EventId = 8124, Level = LogLevel.Warning, Message = "The signing key {KeyId} was revoked ({Fingerprint})")]
    private partial void LogRevoked(string keyId, string fingerprint);

    [LoggerMessage(EventId = 8125, Level = LogLevel.Information, Message = "The signing key {KeyId} was deleted ({Fingerprint})")]
    private partial void LogDeleted(string keyId, string fingerprint);
}
