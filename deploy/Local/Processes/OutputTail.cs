using System.Diagnostics;

namespace Muster.Local;

/// <summary>Passes a process's lines on, and remembers the last of them.</summary>
internal sealed class OutputTail(Action<string> log)
{
    private const int Remembered = 40;
    private static readonly string[] Marks = ["FATAL", "ALERT", "muster: ", "muster-gateway: "];
    private readonly Queue<string> last = new();
    private string? marked;

    internal void Follow(Process process)
    {
        process.OutputDataReceived += (_, line) => Keep(line.Data);
        process.ErrorDataReceived += (_, line) => Keep(line.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    internal bool Contains(string text)
    {
        lock (last)
        {
            return last.Any(line => line.Contains(text, StringComparison.Ordinal));
        }
    }

    /// <summary>The line that says best why the process ended: the last that is marked as an error, else the last of all.</summary>
    internal string Why()
    {
        lock (last)
        {
            return marked ?? last.LastOrDefault() ?? "it said nothing";
        }
    }

    private void Keep(string? line)
    {
        if (line is null)
        {
            return;
        }

        lock (last)
        {
            last.Enqueue(line);
            marked = Array.Exists(Marks, mark => line.Contains(mark, StringComparison.Ordinal)) ? line : marked;
            while (last.Count > Remembered)
            {
                last.Dequeue();
            }
        }

        log(line);
    }
}
