using System.Collections.Immutable;
using Muster.Access;
using Muster.Errors;

namespace Muster.Gateway;

/// <summary>Principals by the rules that the grain has, and beside them some who say themselves who they are: <c>name:role,role</c>.</summary>
internal sealed class FakePrincipals(FakeCluster cluster) : IPrincipalsGrain
{
    private PrincipalsState state = new();

    internal static (string, string) Ada { get; } = As("ada", Roles.Author);

    internal static (string, string) Olga { get; } = As("olga", Roles.Operator);

    /// <summary>How often somebody asked whose a token is.</summary>
    internal int Authentications { get; private set; }

    internal static DateTimeOffset Start { get; } = new(2030, 1, 2, 3, 4, 5, TimeSpan.Zero);

    internal static (string, string) As(string name, params string[] roles) => ("Authorization", $"Bearer {name}:{string.Join(',', roles)}");

    public Task<PrincipalReply> CreateAsync(PrincipalSpec spec)
    {
        cluster.Break();
        var (token, salt, hash) = PrincipalToken.Make(spec.Name, TestKeys.Seal);
        (state, var why) = PrincipalMachine.Create(state, spec, salt, hash, Start);
        return Task.FromResult<PrincipalReply>(
            why is null ? new PrincipalReply.Created(state.Principals.Single(made => made.Name == spec.Name).View, token) : new PrincipalReply.Refused(why));
    }

    public ValueTask<ImmutableArray<Principal>> ListAsync() => ValueTask.FromResult<ImmutableArray<Principal>>([.. state.Principals.Select(made => made.View)]);

    public Task<Refusal?> DeleteAsync(string name)
    {
        (state, var why) = PrincipalMachine.Delete(state, name);
        return Task.FromResult(why);
    }

    public ValueTask<PrincipalAccess> AuthenticateAsync(string token)
    {
        cluster.Break();
        Authentications++;
        return ValueTask.FromResult(token.Split(':') is [var name, var roles]
            ? new PrincipalAccess.Granted(new Principal
            {
                Name = name,
                Roles = [.. roles.Split(',', StringSplitOptions.RemoveEmptyEntries)],
                CreatedAt = Start,
                ExpiresAt = DateTimeOffset.MaxValue,
            })
            : PrincipalMachine.Authenticate(state, token, Start));
    }
}
