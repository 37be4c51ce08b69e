using System.Diagnostics;

namespace Muster.Local;

/// <summary>Short programs, run to their end.</summary>
internal static class Tool
{
    /// <summary>Its exit code, and what it printed on both its outputs.</summary>
    internal static async Task<(int ExitCode, string Output)> RunAsync(
        string folder, IReadOnlyList<string> command, string input, CancellationToken cancellationToken)
    {
        var start = new ProcessStartInfo(command[0], command.Skip(1))
        {
            WorkingDirectory = folder,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        using var process = Process.Start(start)!;
        try
        {
            await process.StandardInput.WriteAsync(input.AsMemory(), cancellationToken);
            process.StandardInput.Close();
            var texts = await Task.WhenAll(
                process.StandardOutput.ReadToEndAsync(cancellationToken), process.StandardError.ReadToEndAsync(cancellationToken));
            await process.WaitForExitAsync(cancellationToken);
            return (process.ExitCode, string.Concat(texts));
        }
        catch
        {
            process.Kill(entireProcessTree: true);
            throw;
        }
    }

    /// <summary>What it printed.</summary>
    /// <exception cref="LocalException">It did not end with 0.</exception>
    internal static async Task<string> RequireAsync(string folder, IReadOnlyList<string> command, string input, CancellationToken cancellationToken)
    {
        var (code, output) = await RunAsync(folder, command, input, cancellationToken);
        if (code != 0)
        {
            throw new LocalException(Local.ExitCode.Failed, $"{Path.GetFileName(command[0])} ended with {code}: {output.Trim()}");
        }

        return output;
    }
}
