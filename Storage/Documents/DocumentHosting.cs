using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Orleans.Runtime.Hosting;
using Orleans.Serialization;

namespace Muster.Storage.Documents;

/// <summary>Puts an engine behind <see cref="StorageNames.Documents"/>; the last one that is added is the one.</summary>
internal static class DocumentHosting
{
    public static void AddDocuments(this IServiceCollection services, Func<IServiceProvider, IDocumentStore> store)
    {
        services.Replace(ServiceDescriptor.Singleton(store));
        services.TryAddSingleton<IDocumentKeys>(provider => provider.GetRequiredService<IDocumentStore>());
        services.TryAddSingleton(provider => new DocumentCodec(provider.GetRequiredService<Serializer>()));
        services.TryAddSingleton<DocumentStorage>();
        services.AddGrainStorage(StorageNames.Documents, (provider, _) => provider.GetRequiredService<DocumentStorage>());
    }
}
