using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace Muster.Benchmarks.Peers;

/// <summary>nginx that serves one folder over TLS 1.3 with the hub's certificate, as many workers as there are cores: the peer of downloads.</summary>
internal sealed class Nginx : IDisposable
{
    private readonly Process process;

    private Nginx(Process process, IPEndPoint endPoint) => (this.process, EndPoint) = (process, endPoint);

    internal IPEndPoint EndPoint { get; }

    /// <param name="folder">For its own files.</param>
    /// <param name="content">What it serves.</param>
    /// <param name="security">With <c>server.pem</c> and <c>server.key</c>.</param>
    internal static async Task<Nginx> StartAsync(string folder, string content, string security, IPEndPoint endPoint)
    {
        var configuration = Path.Combine(folder, "nginx.conf");
        await File.WriteAllTextAsync(configuration, $$"""
            {{(Environment.UserName == "root" ? "user root;" : "")}}
            daemon off;
            worker_processes auto;
            pid {{folder}}/nginx.pid;
            error_log stderr error;
            events { worker_connections 1024; }
            http {
                access_log off;
                sendfile on;
                tcp_nopush on;
                client_body_temp_path {{folder}}/body;
                proxy_temp_path {{folder}}/proxy;
                fastcgi_temp_path {{folder}}/fastcgi;
                uwsgi_temp_path {{folder}}/uwsgi;
                scgi_temp_path {{folder}}/scgi;
                default_type application/octet-stream;
                server {
                    listen {{endPoint}} ssl;
                    ssl_certificate {{security}}/server.pem;
                    ssl_certificate_key {{security}}/server.key;
                    ssl_protocols TLSv1.3;
                    root {{content}};
                }
            }
            """);
        var start = new ProcessStartInfo(Find()) { ArgumentList = { "-p", folder, "-c", configuration, "-e", "stderr" } };
        var nginx = new Nginx(Process.Start(start) ?? throw new InvalidOperationException("nginx did not start"), endPoint);
        await nginx.UntilItListensAsync();
        return nginx;
    }

    public void Dispose()
    {
        process.Kill(entireProcessTree: true);
        process.WaitForExit();
        process.Dispose();
    }

    private static string Find() => new[] { "/usr/sbin/nginx", "/usr/bin/nginx", "/usr/local/sbin/nginx" }.FirstOrDefault(File.Exists)
        ?? throw new FileNotFoundException("nginx is not installed: run ./bench, which installs it, or apt-get install nginx");

    private async Task UntilItListensAsync()
    {
        for (var attempt = 0; ; attempt++)
        {
            try
            {
                using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
                await socket.ConnectAsync(EndPoint);
                return;
            }
            catch (SocketException) when (attempt < 100 && !process.HasExited)
            {
                await Task.Delay(50);
            }
        }
    }
}
