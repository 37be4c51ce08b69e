using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Muster.Routing;

internal sealed class EndpointSinks(IOptions<RoutingOptions> options, TimeProvider clock) : IEndpointSinks
{
    public IEndpointSink Create(string name, EndpointSpec spec, string? secret) => spec switch
    {
        EndpointSpec.Webhook webhook => new WebhookSink(name, webhook, secret ?? throw new ArgumentException("The webhook has no secret.", nameof(secret)), options.Value, clock),
        EndpointSpec.Kafka kafka => new KafkaSink(name, kafka, secret, options.Value),
        _ => throw new NotSupportedException($"Nothing is carried to an endpoint of type {spec.GetType().Name}."),
    };
}

/// <summary>Registers what reaches endpoints: for every silo, whether devices connect to it or not.</summary>
public static class EndpointSinksHosting
{
    public static ISiloBuilder AddMusterEndpoints(this ISiloBuilder silo)
    {
        ArgumentNullException.ThrowIfNull(silo);
        silo.Services.AddSingleton<IEndpointSinks, EndpointSinks>();
        return silo;
    }
}
