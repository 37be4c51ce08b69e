using System.Collections.Immutable;
using Microsoft.Extensions.Logging;
using Muster.Errors;
using Muster.Storage;

namespace Muster.Access;

[GrainType("principals")]
internal sealed partial class PrincipalsGrain(
    [PersistentState("state", StorageNames.Documents)] IPersistentState<PrincipalsState> storage, PrincipalSeal seal, TimeProvider clock, ILogger<PrincipalsGrain> logger)
    : Grain, IPrincipalsGrain
{
    private static readonly PrincipalsState Nobody = new();

    private PrincipalsState Current => storage.RecordExists ? storage.State : Nobody;

    public async Task<PrincipalReply> CreateAsync(PrincipalSpec spec)
    {
        ArgumentNullException.ThrowIfNull(spec);
        var (token, salt, hash) = PrincipalToken.Make(spec.Name, seal);
        var (next, why) = PrincipalMachine.Create(Current, spec, salt, hash, clock.GetUtcNow());
        if (why is not null)
        {
            return new PrincipalReply.Refused(why);
        }

        await SaveAsync(next);
        var made = next.Principals.Single(principal => principal.Name == spec.Name).View;
        LogMade(made.Name, made.Roles, made.ExpiresAt);
        return new PrincipalReply.Created(made, token);
    }

    public ValueTask<ImmutableArray<Principal>> ListAsync() =>
        ValueTask.FromResult<ImmutableArray<Principal>>([.. Current.Principals.Select(static principal => principal.View)]);

    public async Task<Refusal?> DeleteAsync(string name)
    {
        var (next, why) = PrincipalMachine.Delete(Current, name);
        if (why is null)
        {
            await SaveAsync(next);
            LogDeleted(name);
        }

        return why;
    }

    public ValueTask<PrincipalAccess> AuthenticateAsync(string token) =>
        ValueTask.FromResult(PrincipalMachine.Authenticate(Current, token, clock.GetUtcNow()));

    private Task SaveAsync(PrincipalsState next)
    {
        // A write that fails drops the activation.
        storage.State = next;
        return storage.WriteStateAsync();
    }

    [LoggerMessage(EventId = 8150, Level = LogLevel.Information, Message = "Principal {Name} was made with the roles {Roles}; it expires at {Expires}")]
    private partial void LogMade(string name, ImmutableArray<string> roles, DateTimeOffset expires);

    [LoggerMessage(EventId = 8151, Level = LogLevel.Information, Message = "Principal {Name} was deleted")]
    private partial void LogDeleted(string name);
}
