using System.Diagnostics;
using System.Net;

namespace Muster.Hosting;

/// <summary>The built stand-alone gateway as a child process, on plain HTTP unless a folder of secrets says otherwise.</summary>
internal sealed class GatewayProcess : IAsyncDisposable
{
    private readonly Process process;
    private readonly HttpClient http;

    private GatewayProcess(Process process, HttpClient http) => (this.process, this.http) = (process, http);

    internal static GatewayProcess Start(string address, HubConnection hub, string securityFolder)
    {
        var program = Path.Combine(Repository.Root, "artifacts", "bin", "Gateway.Api", Repository.Configuration, "Muster.Gateway.Api");
        string[] arguments =
        [
            "--bind", address, "--port", "8443", "--set", $"Orleans:Gateway={hub.Orleans.Gateway}", "--set", $"Orleans:ClusterId={hub.Orleans.ClusterId}",
            "--set", $"Orleans:ServiceId={hub.Orleans.ServiceId}", "--set", $"Security:Folder={securityFolder}",
        ];
        var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        process.OutputDataReceived += (_, _) => { };
        process.ErrorDataReceived += (_, _) => { };
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();

        // Which certificate it shows is not what is asked here.
        var handler = new HttpClientHandler { ServerCertificateCustomValidationCallback = HttpClientHandler.DangerousAcceptAnyServerCertificateValidator };
        return new(process, new HttpClient(handler) { BaseAddress = new Uri($"https://{address}:8443") });
    }

    /// <summary>Status and whether the answer says when to come again; null while nothing listens.</summary>
    internal async Task<(HttpStatusCode Status, bool SaysWhen)> AskAsync(string path)
    {
        using var answer = await http.GetAsync(path, TestContext.Current.CancellationToken);
        return (answer.StatusCode, answer.Headers.RetryAfter is not null);
    }

    internal Task UntilAsync(HttpStatusCode status, string path) =>
        Eventually.TrueAsync($"the gateway to answer {path} with {status}", async () => (await AskAsync(path)).Status == status);

    public async ValueTask DisposeAsync()
    {
        http.Dispose();
        if (!process.HasExited)
        {
            process.Kill();
            await process.WaitForExitAsync(CancellationToken.None);
        }

        process.Dispose();
    }
}
