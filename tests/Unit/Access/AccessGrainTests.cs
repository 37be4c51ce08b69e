using Microsoft.Extensions.Time.Testing;
using Muster.Gateway;
using Xunit;

namespace Muster.Access;

public sealed class AccessGrainTests
{
    private readonly FakeCluster cluster = new();

    [Fact]
    public async Task A_token_is_asked_of_the_grain_of_principals_as_soon_as_it_was_made()
    {
        var made = Assert.IsType<PrincipalReply.Created>(await cluster.Principals.CreateAsync(new PrincipalSpec { Name = "rosa", Roles = ["author"] }));

        Assert.IsType<PrincipalAccess.Granted>(await Access().AuthenticatePrincipalAsync(made.Token));
        Assert.Equal(1, cluster.Principals.Authentications);
    }

    [Fact]
    public async Task What_this_hub_never_made_does_not_reach_the_grain_of_principals()
    {
        var foreign = PrincipalToken.Make("rosa", new PrincipalSeal(new TestKeys("another hub"))).Token;

        foreach (var token in (string[])["", "nonsense", "muster_cm9zYQ", foreign, new string('x', 4000)])
        {
            Assert.IsType<PrincipalAccess.Refused>(await Access().AuthenticatePrincipalAsync(token));
        }

        Assert.Equal(0, cluster.Principals.Authentications);
    }

    private AccessGrain Access() => new(new NoPolicies(), TestKeys.Seal, cluster, new FakeTimeProvider());

    private sealed class NoPolicies : IAccessPolicies
    {
        public IReadOnlyCollection<AccessPolicy> All => [];

        public AccessPolicy? Find(string name) => null;

        public bool IsHostName(ReadOnlySpan<char> host) => false;
    }
}
