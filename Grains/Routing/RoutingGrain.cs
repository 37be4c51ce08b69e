using System.Collections.Immutable;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Options;
using Muster.Access;
using Muster.Errors;
using Muster.Storage;
using Muster.Telemetry;

namespace Muster.Routing;

[GrainType("routing")]
internal sealed class RoutingGrain(
    [PersistentState("state", StorageNames.Documents)] IPersistentState<RoutingState> storage,
    IEventLog log,
    ISecretProtector secrets,
    IOptions<RoutingOptions> options,
    TimeProvider clock) : Grain, IRoutingGrain, IRoutePlanGrain
{
    private readonly DeliveryReports reports = new();
    private RoutingState state = new();

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        state = storage.RecordExists ? storage.State : state;
        return Task.CompletedTask;
    }

    public Task<ImmutableArray<RouteView>> ListRoutesAsync() => Task.FromResult(state.Routes.Select(View).ToImmutableArray());

    public Task<RouteReply> GetRouteAsync(string name) => Task.FromResult(Reply(name, isNew: false));

    public async Task<RouteReply> PutRouteAsync(string name, RouteSpec spec, RoutingPrecondition condition)
    {
        switch (RoutingMachine.PutRoute(state, name, spec, condition, EndOfLog()))
        {
            case RoutingMove.Moved moved:
                await SaveAsync(moved.Next);
                return Reply(name, moved.IsNew);
            case RoutingMove.Refused refused:
                return new RouteReply.Refused(refused.Why);
            case var other:
                throw new NotSupportedException($"Unknown move {other}.");
        }
    }

    public Task<Refusal?> DeleteRouteAsync(string name, string? ifMatch) => RemoveAsync(RoutingMachine.DeleteRoute(state, name, ifMatch));

    public Task<ImmutableArray<EndpointView>> ListEndpointsAsync() => Task.FromResult(state.Endpoints.Select(View).ToImmutableArray());

    public Task<EndpointReply> GetEndpointAsync(string name) => Task.FromResult(EndpointReplyOf(name, isNew: false));

    public async Task<EndpointReply> PutEndpointAsync(string name, EndpointSpec spec, RoutingPrecondition condition)
    {
        switch (RoutingMachine.PutEndpoint(state, name, spec, condition, options.Value.AllowPrivateAddresses, Protect))
        {
            case RoutingMove.Moved moved:
                if (moved.IsNew)
                {
                    // A silo that was slow to hear of a deletion may have left some behind.
                    await ForgetDeadLettersAsync(name);
                }

                await SaveAsync(moved.Next);
                return EndpointReplyOf(name, moved.IsNew);
            case RoutingMove.Refused refused:
                return new EndpointReply.Refused(refused.Why);
            case var other:
                throw new NotSupportedException($"Unknown move {other}.");
        }
    }

    public async Task<Refusal?> DeleteEndpointAsync(string name, string? ifMatch)
    {
        var why = await RemoveAsync(RoutingMachine.DeleteEndpoint(state, name, ifMatch));
        if (why is null)
        {
            await ForgetDeadLettersAsync(name);
        }

        return why;
    }

    public Task<RouteTestResult> TestAsync(RouteTest test)
    {
        using var twin = test.Twin is { } document ? JsonDocument.Parse(document.Memory) : null;
        var message = new RouteMessage(
            test.Properties, test.SystemProperties.Add(new(RouteMessage.SourceProperty, RouteSources.Stored(test.Source))), test.Body, twin?.RootElement);
        var matches = state.Routes.Where(route => CompiledRoute.Of(route) is { } compiled && route.Spec.Enabled && compiled.Takes(message));
        return Task.FromResult(new RouteTestResult([.. matches.Select(View)], message.Body.IsDefined));
    }

    public async Task<DeadLetterReply> ListDeadLettersAsync(string name, DeadLetterPosition? after, int max) =>
        state.Endpoint(name) is null
            ? new DeadLetterReply.Refused(RoutingMachine.NoEndpoint(name))
            : new DeadLetterReply.Found(await DeadLetters.ReadAsync(GrainFactory, name, after, Math.Clamp(max, 1, DeadLetters.MaxRead)));

    public async Task<Refusal?> ClearDeadLettersAsync(string name)
    {
        if (state.Endpoint(name) is null)
        {
            return RoutingMachine.NoEndpoint(name);
        }

        await ForgetDeadLettersAsync(name);
        return null;
    }

    public Task<RoutingState?> SyncAsync(string silo, long known, DeliveryReport report)
    {
        reports.Keep(silo, report, clock.GetUtcNow());
        return Task.FromResult(known == state.Revision ? null : state);
    }

    private ImmutableArray<long> EndOfLog() => [.. Enumerable.Range(0, log.PartitionCount).Select(partition => log.Describe(partition).NextOffset)];

    private ImmutableArray<byte> Protect(string secret) => [.. secrets.Protect(Encoding.UTF8.GetBytes(secret))];

    private Task ForgetDeadLettersAsync(string endpoint) => DeadLetters.ClearAsync(GrainFactory, endpoint);

    private async Task<Refusal?> RemoveAsync(RoutingMove move)
    {
        if (move is RoutingMove.Refused refused)
        {
            return refused.Why;
        }

        await SaveAsync(((RoutingMove.Moved)move).Next);
        return null;
    }

    // A write that fails drops the activation, so that what was not stored is not shown.
    private async Task SaveAsync(RoutingState next)
    {
        storage.State = next;
        await storage.WriteStateAsync();
        state = next;
    }

    private RouteReply Reply(string name, bool isNew) => state.Route(name) is { } route
        ? new RouteReply.Found(View(route), isNew)
        : new RouteReply.Refused(RoutingMachine.NoRoute(name));

    private EndpointReply EndpointReplyOf(string name, bool isNew) => state.Endpoint(name) is { } endpoint
        ? new EndpointReply.Found(View(endpoint), isNew)
        : new EndpointReply.Refused(RoutingMachine.NoEndpoint(name));

    private RouteView View(StoredRoute route) => new(route.Name, RoutingMachine.ETag(route.Revision), route.Spec, reports.OfRoute(route));

    private EndpointView View(StoredEndpoint endpoint) => new(
        endpoint.Name, RoutingMachine.ETag(endpoint.Revision), endpoint.Spec, !endpoint.ProtectedSecret.IsEmpty, reports.OfEndpoint(endpoint.Name));
}
