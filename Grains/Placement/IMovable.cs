namespace Muster.Placement;

/// <summary>Asks a grain to go where its placement says.</summary>
[Alias("muster.IMovable")]
internal interface IMovable : IGrainWithStringKey
{
    /// <summary>True if it goes, with its state, once it has nothing to do; false while it has a session or calls that wait.</summary>
    [Alias("Move")]
    Task<bool> MoveAsync();
}
