using System.Collections.Concurrent;
using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Muster.Upstream;

/// <summary>An HTTPS server that answers as it is told, with a certificate of an authority of its own.</summary>
internal sealed class HubStub : IAsyncDisposable
{
    public const string Host = "127.0.0.31";
    private readonly WebApplication app;
    private readonly ConcurrentQueue<Func<HttpContext, Task>> answers = new();
    private readonly string folder = Directory.CreateTempSubdirectory("muster-stub-").FullName;

    private HubStub(string certificateName)
    {
        var (authority, leaf) = Certificates(certificateName);
        CaFile = Path.Combine(folder, "ca.pem");
        File.WriteAllText(CaFile, authority.ExportCertificatePem());
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Parse(Host), 0, listen => listen.UseHttps(leaf)));
        builder.WebHost.UseKestrelHttpsConfiguration();
        app = builder.Build();
        app.Run(AnswerAsync);
    }

    /// <summary>The authority's certificate.</summary>
    public string CaFile { get; }

    public int Port { get; private set; }

    /// <summary>What was asked: verb, raw target, If-Match.</summary>
    public ConcurrentQueue<(string Method, string Target, string IfMatch)> Asked { get; } = new();

    public static async Task<HubStub> StartAsync(string certificateName = Host)
    {
        var stub = new HubStub(certificateName);
        await stub.app.StartAsync();
        stub.Port = new Uri(stub.app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single()).Port;
        return stub;
    }

    public HubStub Then(Func<HttpContext, Task> answer)
    {
        answers.Enqueue(answer);
        return this;
    }

    public HubStub Then(int status, string body, params (string Name, string Value)[] headers) => Then(context =>
    {
        context.Response.StatusCode = status;
        foreach (var (name, value) in headers)
        {
            context.Response.Headers[name] = value;
        }

        return context.Response.WriteAsync(body);
    });

    public async ValueTask DisposeAsync()
    {
        await app.DisposeAsync();
        Directory.Delete(folder, recursive: true);
    }

    private Task AnswerAsync(HttpContext context)
    {
        var target = context.Features.Get<IHttpRequestFeature>()!.RawTarget;
        Asked.Enqueue((context.Request.Method, target, context.Request.Headers.IfMatch.ToString()));
        return answers.TryDequeue(out var answer) ? answer(context) : throw new InvalidOperationException("Nothing was told for this request.");
    }

    private static (X509Certificate2 Authority, X509Certificate2 Leaf) Certificates(string name)
    {
        var now = TimeProvider.System.GetUtcNow();
        using var rootKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var root = new CertificateRequest("CN=Authority of the tests", rootKey, HashAlgorithmName.SHA256);
        root.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        root.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign, true));
        var authority = root.CreateSelfSigned(now.AddDays(-1), now.AddDays(2));
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var leaf = new CertificateRequest("CN=Upstream of the tests", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(IPAddress.Parse(name));
        leaf.CertificateExtensions.Add(names.Build());
        leaf.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.1")], false));
        using var signed = leaf.Create(authority, now.AddDays(-1), now.AddDays(1), [1, 2, 3]);
        return (authority, signed.CopyWithPrivateKey(key));
    }
}
