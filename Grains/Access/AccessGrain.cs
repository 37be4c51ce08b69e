using Muster.Errors;
using Orleans.Concurrency;

namespace Muster.Access;

[GrainType("access"), StatelessWorker]
internal sealed class AccessGrain(IAccessPolicies policies, PrincipalSeal seal, IGrainFactory grains, TimeProvider clock) : Grain, IAccessGrain
{
    public Task<AccessReply> AuthenticatePolicyAsync(string token) => Task.FromResult(
        SasToken.TryParse(token, out var parsed)
            ? PolicyCheck.Authenticate(parsed, policies, clock.GetUtcNow())
            : new AccessReply.Refused(new Refusal(HubErrorCode.IotHubUnauthorizedAccess, "This is not a shared access signature.")));

    public async Task<PrincipalAccess> AuthenticatePrincipalAsync(string token) =>
        PrincipalToken.IsSealed(token, seal) ? await grains.GetGrain<IPrincipalsGrain>(0).AuthenticateAsync(token) : PrincipalMachine.NoToken;
}
