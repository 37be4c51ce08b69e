using Muster.Devices;
using Muster.Hosting;

namespace Muster.Readme;

public sealed class GrainClientTests
{
    private const string Project = """
        <Project Sdk="Microsoft.NET.Sdk">
          <PropertyGroup>
            <OutputType>Exe</OutputType>
            <TargetFramework>net10.0</TargetFramework>
            <ImplicitUsings>enable</ImplicitUsings>
            <Nullable>enable</Nullable>
            <RestoreAdditionalProjectSources>{feed}</RestoreAdditionalProjectSources>
          </PropertyGroup>
          <ItemGroup>
            <PackageReference Include="Muster.Grains.Interfaces" Version="{version}" />
            <PackageReference Include="Microsoft.Orleans.Client" Version="{orleans}" />
          </ItemGroup>
        </Project>
        """;

    [Fact]
    public async Task A_program_outside_the_repository_reads_and_patches_a_twin_and_calls_a_method()
    {
        using var folder = new TemporaryFolder();
        await BuildAsync(folder);
        await using var hub = await HubProcess.StartAsync(Loopback.Next(), folder.File("data"));
        using var service = new ServiceApi(hub.Connection);
        await using var device = await DeviceLink.ConnectAsync(hub.Connection, "pump", await service.CreateAsync("pump"));
        await device.SubscribeAsync();

        var printed = await Tool.RunAsync(folder.Path, folder.File("out/fleet"), [folder.File("data/connection.json"), "pump"]);
        var lines = printed.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.StartsWith("Found", lines[0], StringComparison.Ordinal);
        Assert.Equal("Accepted { Version = 2 }", lines[1]);
        Assert.StartsWith("Answered { Status = 200, Payload = \"done\"", lines[2], StringComparison.Ordinal);
        Assert.StartsWith("Found", lines[3], StringComparison.Ordinal);
        Assert.Contains("\"flow\":11.9", lines[3], StringComparison.Ordinal);

        Assert.Equal(12, (await device.NextDesiredAsync()).GetProperty("flow").GetInt32());
        Assert.Equal(11.9, (await service.GetTwinAsync("pump")).GetProperty("properties").GetProperty("reported").GetProperty("flow").GetDouble());
    }

    /// <summary>Packs the contracts into a feed of their own, and builds the README's program against it.</summary>
    private static async Task BuildAsync(TemporaryFolder folder)
    {
        // A version of its own, or the machine's package cache would hand out the contracts of an earlier run.
        var version = $"0.1.0-test.{Environment.ProcessId}.{Environment.TickCount64}";
        await Tool.RunAsync(
            Repository.Root, "dotnet",
            ["pack", "Grains.Interfaces", "--no-build", "-c", Repository.Configuration, "--output", folder.File("feed"), $"-p:Version={version}"]);
        var project = Project.Replace("{feed}", folder.File("feed"), StringComparison.Ordinal)
            .Replace("{version}", version, StringComparison.Ordinal)
            .Replace("{orleans}", OrleansVersion(), StringComparison.Ordinal);
        await File.WriteAllTextAsync(folder.File("fleet.csproj"), project, TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(folder.File("Program.cs"), ReadmeCode.Block("grain-client"), TestContext.Current.CancellationToken);
        try
        {
            await Tool.RunAsync(folder.Path, "dotnet", ["build", "fleet.csproj", "--output", folder.File("out"), "-nologo", "-v", "q"]);
        }
        finally
        {
            Forget(version);
        }
    }

    private static string OrleansVersion() =>
        File.ReadLines(Path.Combine(Repository.Root, "Directory.Packages.props"))
            .Select(line => line.Trim())
            .First(line => line.StartsWith("<OrleansVersion>", StringComparison.Ordinal))
            .Split('>', '<')[2];

    private static void Forget(string version)
    {
        var packages = Environment.GetEnvironmentVariable("NUGET_PACKAGES")
            ?? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".nuget", "packages");
        var cached = Path.Combine(packages, "muster.grains.interfaces", version);
        if (Directory.Exists(cached))
        {
            Directory.Delete(cached, recursive: true);
        }
    }
}
