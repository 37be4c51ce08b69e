using Microsoft.Extensions.DependencyInjection;
using Muster.Storage.Documents;

namespace Muster.Storage.Azure;

/// <summary>Puts Azure Blob Storage behind <see cref="StorageNames.Documents"/>.</summary>
public static class AzureDocumentsHosting
{
    /// <summary>
    /// In place of the database that was added before. Starting the silo throws <see cref="StoreUnavailableException"/> if the container cannot be
    /// used.
    /// </summary>
    public static ISiloBuilder AddAzureDocuments(this ISiloBuilder silo, AzureDocumentSettings settings)
    {
        silo.Services.AddSingleton(_ => new BlobDocuments(settings));
        silo.Services.AddSingleton<ILifecycleParticipant<ISiloLifecycle>, BlobLifecycle>();
        silo.Services.AddDocuments(services => services.GetRequiredService<BlobDocuments>());
        return silo;
    }

    private sealed class BlobLifecycle(BlobDocuments documents) : ILifecycleParticipant<ISiloLifecycle>
    {
        public void Participate(ISiloLifecycle lifecycle) =>
            lifecycle.Subscribe(nameof(BlobLifecycle), ServiceLifecycleStage.RuntimeStorageServices, documents.OpenAsync);
    }
}
