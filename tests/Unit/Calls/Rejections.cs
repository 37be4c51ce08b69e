using System.Reflection;
using Orleans.Runtime;

namespace Muster.Calls;

internal static class Rejections
{
    /// <summary>What Orleans throws for a message that it turned away; only Orleans can make one.</summary>
    internal static OrleansMessageRejectionException New() => (OrleansMessageRejectionException)Activator.CreateInstance(
        typeof(OrleansMessageRejectionException), BindingFlags.Instance | BindingFlags.NonPublic, null, ["Unable to connect"], null)!;
}
