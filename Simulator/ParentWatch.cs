namespace Muster.Simulation;

/// <summary>
/// The hub that started this process holds the other end of its standard input. When that end closes, the hub has stopped, or was killed.
/// </summary>
internal sealed class ParentWatch : IDisposable
{
    private readonly CancellationTokenSource gone = new();

    private ParentWatch(string firstLine) => FirstLine = firstLine;

    /// <summary>What the hub said at the start: its connection.json in one line.</summary>
    internal string FirstLine { get; }

    /// <summary>Cancelled when the hub has gone.</summary>
    internal CancellationToken Gone => gone.Token;

    internal static async Task<ParentWatch> StartAsync()
    {
        var input = new StreamReader(Console.OpenStandardInput());
        var watch = new ParentWatch(await input.ReadLineAsync() ?? "");

        // A thread of its own: a busy pool must not delay the end.
        new Thread(() => watch.WaitForEnd(input)) { IsBackground = true, Name = "parent watch" }.Start();
        return watch;
    }

    public void Dispose() => gone.Dispose();

    private void WaitForEnd(StreamReader input)
    {
        while (input.Read() >= 0)
        {
        }

        gone.Cancel();
    }
}
