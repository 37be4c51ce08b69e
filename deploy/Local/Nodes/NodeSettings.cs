namespace Muster.Local;

/// <summary>What all nodes share.</summary>
/// <param name="Restarts">Whether a node that ended by itself is started again.</param>
/// <param name="Clock">Measures pauses and starts.</param>
/// <param name="Say">Tells the operator a line.</param>
/// <param name="Changed">A node has another state or process.</param>
internal sealed record NodeSettings(bool Restarts, TimeProvider Clock, Action<string> Say, Action Changed);
