namespace Muster.Storage;

/// <summary>Bounds of what stores do to members of rollouts at once.</summary>
internal static class TargetPages
{
    /// <summary>Members that one transaction adds or moves at most; others' writes come between.</summary>
    public const int Written = 2000;
}
