namespace Muster.Hosting;

/// <summary>
/// Ends the process when Orleans cannot go on, such as when the other silos have declared this one dead: they have given its devices away, so
/// nothing may be tidied up any more. Its supervisor starts a new one.
/// </summary>
internal sealed class FatalEnd : IFatalErrorHandler
{
    private int ending;

    public bool IsUnexpected(Exception exception) => true;

    public void OnFatalException(object? sender = null, string? context = null, Exception? exception = null)
    {
        if (Interlocked.Exchange(ref ending, 1) != 0)
        {
            return;
        }

        Console.Error.WriteLine($"muster: this silo cannot go on and ends: {(context + " " + exception?.Message).Trim().ReplaceLineEndings(" ")}");
        Environment.Exit(ExitCode.Evicted);
    }
}
