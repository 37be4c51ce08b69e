using Muster.Clustering;
using Muster.Gateway;
using Xunit;

namespace Muster.Hosting;

public sealed class SiloSecretsTests : IDisposable
{
    private readonly string folder = Path.Combine(Directory.CreateTempSubdirectory("muster-unit-").FullName, "secrets");

    [Fact]
    public async Task Silos_that_make_them_at_once_all_end_up_with_the_same()
    {
        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(() => PrepareAsync())));
        using var key = SiloSecrets.MasterKey(Settings());
        Assert.Equal(AccessPolicies.Defaults.Count, PolicyFile.LoadOrCreate(folder, key).Count);
        ClusterCredentials.Check(folder);
    }

    [Fact]
    public async Task A_complete_folder_is_only_read_and_needs_no_key_of_the_authority()
    {
        await PrepareAsync();
        File.Delete(Path.Combine(folder, DevelopmentCa.KeyFile));
        File.Delete(Path.Combine(folder, "secrets.lock"));
        var before = Directory.GetFiles(folder).ToDictionary(file => file, File.ReadAllBytes);
        await PrepareAsync();
        Assert.Equal(before, Directory.GetFiles(folder).ToDictionary(file => file, File.ReadAllBytes));
    }

    [Fact]
    public async Task What_cannot_be_made_without_the_authoritys_key_is_said()
    {
        await PrepareAsync();
        File.Delete(Path.Combine(folder, DevelopmentCa.KeyFile));
        var refused = await Assert.ThrowsAsync<StartupException>(() => PrepareAsync("other.example"));
        Assert.Equal(ExitCode.DataFolder, refused.ExitCode);
        Assert.Contains(DevelopmentCa.KeyFile, refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Silos_at_other_addresses_share_the_hubs_certificate()
    {
        await PrepareAsync();
        var before = await File.ReadAllTextAsync(Path.Combine(folder, ServerCertificate.CertificateFile), TestContext.Current.CancellationToken);
        await SiloSecrets.PrepareAsync(Settings() with { Bind = System.Net.IPAddress.Parse("127.0.0.77") }, TimeProvider.System, TestContext.Current.CancellationToken);
        Assert.Equal(before, await File.ReadAllTextAsync(Path.Combine(folder, ServerCertificate.CertificateFile), TestContext.Current.CancellationToken));
    }

    public void Dispose() => Directory.Delete(Path.GetDirectoryName(folder)!, recursive: true);

    private Task PrepareAsync(string host = "hub.example") => SiloSecrets.PrepareAsync(Settings(host), TimeProvider.System, TestContext.Current.CancellationToken);

    private SiloSettings Settings(string host = "hub.example") => SettingsReaderTests.Read(
    [
        (SettingKeys.ConnectionString, "Host=nowhere"), (SettingKeys.SecurityFolder, folder), (SettingKeys.DataFolder, folder), (SettingKeys.HostName, host),
    ]).Settings;
}
