using System.Text.RegularExpressions;
using Azure.Storage.Blobs;

namespace Muster.Storage.Azure;

/// <summary>Where in Azure Storage documents are kept.</summary>
/// <param name="ConnectionString">Of the account; holds a secret.</param>
/// <param name="Container">One for each cluster; it is made if it is missing.</param>
public sealed partial record AzureDocumentSettings(string ConnectionString, string Container)
{
    /// <summary>Whether Azure's SDK can read it. Says nothing about the account.</summary>
    public static bool IsConnectionString(string text)
    {
        try
        {
            return new BlobServiceClient(text).Uri is not null;
        }
        catch (Exception e) when (e is FormatException or ArgumentException or InvalidOperationException or IndexOutOfRangeException)
        {
            return false;
        }
    }

    /// <summary>Whether Azure takes it for a container: 3 to 63 lower-case letters, digits and single hyphens between them.</summary>
    public static bool IsContainer(string name) => name.Length is >= 3 and <= 63 && ContainerName().IsMatch(name);

    /// <summary>Finds out whether the container can be used, before anything else starts; makes it if it is missing.</summary>
    /// <exception cref="StoreUnavailableException">It cannot.</exception>
    public Task CheckAsync(CancellationToken cancellationToken) => new BlobDocuments(this).OpenAsync(cancellationToken);

    /// <summary>Without the connection string.</summary>
    public override string ToString() => $"container {Container}";

    [GeneratedRegex("^[a-z0-9](-?[a-z0-9])*$")]
    private static partial Regex ContainerName();
}
