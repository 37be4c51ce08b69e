namespace Muster.Hosting;

/// <summary>Orleans' names of the cluster. The service id is part of what is stored: it never changes.</summary>
internal static class ClusterNames
{
    internal const string ClusterId = "muster";
    internal const string ServiceId = "muster";
}
