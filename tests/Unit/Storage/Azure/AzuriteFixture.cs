using System.Diagnostics;
using System.Text.RegularExpressions;
using Muster.Storage.Azure;
using Xunit;

[assembly: AssemblyFixture(typeof(Muster.Storage.AzuriteFixture))]

namespace Muster.Storage;

/// <summary>Azure Storage's emulator, the npm package of <c>tests/Conformance</c>, started by the first test that asks for a container.</summary>
public sealed partial class AzuriteFixture : IAsyncDisposable
{
    private const string Address = "127.0.111.7";

    // Published with the emulator: the one account that it has.
    private const string Account = "devstoreaccount1";
    private const string Key = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";

    private readonly Lazy<Task<(Process Process, Uri Service)>> started = new(StartAsync);
    private int containers;

    public async ValueTask DisposeAsync()
    {
        if (!started.IsValueCreated)
        {
            return;
        }

        using var process = (await started.Value).Process;
        process.Kill(entireProcessTree: true);
        await process.WaitForExitAsync();
    }

    /// <summary>A container that is not there yet, of a running account.</summary>
    public async Task<AzureDocumentSettings> CreateSettingsAsync()
    {
        var (_, service) = await started.Value;
        return new AzureDocumentSettings(
            $"DefaultEndpointsProtocol=http;AccountName={Account};AccountKey={Key};BlobEndpoint={service}{Account};", $"test-{Interlocked.Increment(ref containers)}");
    }

    private static async Task<(Process Process, Uri Service)> StartAsync()
    {
        var packages = Path.Combine(Root(), "tests", "Conformance", "node_modules");
        var program = Path.Combine(packages, "azurite", "dist", "src", "blob", "main.js");
        Assert.True(File.Exists(program), $"{program} is missing: npm ci in tests/Conformance brings it, and so does ./test.");
        var process = Process.Start(new ProcessStartInfo(
            "node", [program, "--blobHost", Address, "--blobPort", "0", "--inMemoryPersistence", "--silent", "--skipApiVersionCheck", "--disableTelemetry"])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        _ = process.StandardError.ReadToEndAsync();
        while (await process.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken) is { } line)
        {
            if (Listening().Match(line) is { Success: true } match)
            {
                _ = process.StandardOutput.ReadToEndAsync();
                return (process, new Uri(match.Groups[1].Value));
            }
        }

        throw new InvalidOperationException("Azurite ended before it listened.");
    }

    private static string Root()
    {
        var directory = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(directory.FullName, "Orleans.sln")))
        {
            directory = directory.Parent ?? throw new InvalidOperationException("The tests do not run inside the repository.");
        }

        return directory.FullName;
    }

    [GeneratedRegex("listen.* (http://[0-9.]+:[0-9]+)")]
    private static partial Regex Listening();
}
