namespace Muster.Lifecycle;

/// <summary>Tests that see how long something takes that was promised a time run beside no others.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class Alone
{
    internal const string Name = "Alone";
}
