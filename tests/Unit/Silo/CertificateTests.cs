using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Muster.Hosting;

public sealed class CertificateTests : IDisposable
{
    private static readonly string[] Names = ["hub.example", "localhost", "127.0.0.9", "::1"];
    private readonly string folder = Directory.CreateTempSubdirectory("muster-unit-").FullName;
    private readonly FakeTimeProvider clock = new(new DateTimeOffset(2026, 5, 1, 0, 0, 0, TimeSpan.Zero));

    [Fact]
    public void The_certificate_names_the_hub_and_leads_to_the_authority()
    {
        using var ca = DevelopmentCa.LoadOrCreate(folder, clock);
        using var certificate = ServerCertificate.LoadOrCreate(folder, ca, Names, clock);
        Assert.Equal(Names.Order(), ServerCertificate.NamesOf(certificate).Order());
        Assert.True(certificate.HasPrivateKey);
        Assert.True(ServerCertificate.Serves(certificate, ca, Names, clock.GetUtcNow()));
    }

    [Fact]
    public void The_authority_is_P256_good_for_10_years_and_signs_only_leaves()
    {
        using var ca = DevelopmentCa.Create(clock.GetUtcNow());
        using var key = ca.Certificate.GetECDsaPublicKey();
        Assert.Equal(256, key!.KeySize);
        Assert.Equal(new DateTime(2036, 5, 1, 0, 0, 0, DateTimeKind.Utc), ca.Certificate.NotAfter.ToUniversalTime());
        var constraints = Assert.Single(ca.Certificate.Extensions.OfType<X509BasicConstraintsExtension>());
        Assert.True(constraints is { CertificateAuthority: true, HasPathLengthConstraint: true, PathLengthConstraint: 0 });
    }

    [Fact]
    public void Both_stay_the_same_from_start_to_start()
    {
        var first = Thumbprints(Names);
        clock.Advance(TimeSpan.FromDays(300));
        Assert.Equal(first, Thumbprints(Names));
    }

    [Fact]
    public void Another_name_makes_a_new_certificate_of_the_same_authority()
    {
        var (ca, server) = Thumbprints(Names);
        var (sameCa, other) = Thumbprints([.. Names, "more.example"]);
        Assert.Equal(ca, sameCa);
        Assert.NotEqual(server, other);
    }

    [Fact]
    public void A_certificate_that_nears_its_end_is_renewed()
    {
        var (_, server) = Thumbprints(Names);
        clock.Advance(TimeSpan.FromDays(600));
        Assert.NotEqual(server, Thumbprints(Names).Server);
    }

    [Fact]
    public void A_certificate_of_another_authority_does_not_serve()
    {
        using var ca = DevelopmentCa.Create(clock.GetUtcNow());
        using var other = DevelopmentCa.Create(clock.GetUtcNow());
        using var certificate = ServerCertificate.Create(other, Names, clock.GetUtcNow());
        Assert.False(ServerCertificate.Serves(certificate, ca, Names, clock.GetUtcNow()));
    }

    [Fact]
    public void Keys_are_read_by_their_owner_only_and_certificates_by_all()
    {
        Thumbprints(Names);
        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal(PrivateFile.OwnerOnly, File.GetUnixFileMode(Path.Combine(folder, DevelopmentCa.KeyFile)));
            Assert.Equal(PrivateFile.OwnerOnly, File.GetUnixFileMode(Path.Combine(folder, ServerCertificate.KeyFile)));
            Assert.Equal(UnixFileMode.OtherRead, File.GetUnixFileMode(Path.Combine(folder, DevelopmentCa.CertificateFile)) & UnixFileMode.OtherRead);
        }
    }

    [Fact]
    public void A_damaged_authority_is_an_error_of_the_data_folder()
    {
        Thumbprints(Names);
        File.WriteAllText(Path.Combine(folder, DevelopmentCa.KeyFile), "not a key");
        Assert.Equal(ExitCode.DataFolder, Assert.Throws<StartupException>(() => DevelopmentCa.LoadOrCreate(folder, clock)).ExitCode);
    }

    public void Dispose() => Directory.Delete(folder, recursive: true);

    private (string Ca, string Server) Thumbprints(string[] names)
    {
        using var ca = DevelopmentCa.LoadOrCreate(folder, clock);
        using var certificate = ServerCertificate.LoadOrCreate(folder, ca, names, clock);
        return (ca.Certificate.GetCertHashString(HashAlgorithmName.SHA256), certificate.GetCertHashString(HashAlgorithmName.SHA256));
    }
}
