namespace Muster.Hosting;

/// <summary>Tests that hold only where seconds are long enough for what happens in them run beside no others.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class Alone
{
    internal const string Name = "Alone";
}
