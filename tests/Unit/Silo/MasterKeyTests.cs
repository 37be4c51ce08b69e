using System.Security.Cryptography;
using System.Text;
using Xunit;

namespace Muster.Hosting;

public sealed class MasterKeyTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("muster-unit-").FullName;

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(44)]
    [InlineData(5000)]
    public void What_was_protected_comes_back_and_never_looks_the_same_twice(int length)
    {
        using var key = NewKey();
        var secret = RandomNumberGenerator.GetBytes(length);
        var (first, second) = (key.Protect(secret), key.Protect(secret));
        Assert.NotEqual(first, second);
        Assert.Equal(secret, key.Unprotect(first));
        Assert.Equal(secret, key.Unprotect(second));
    }

    [Fact]
    public void A_changed_byte_anywhere_is_refused()
    {
        using var key = NewKey();
        var envelope = key.Protect("a device's key"u8);
        for (var i = 0; i < envelope.Length; i++)
        {
            var changed = envelope.ToArray();
            changed[i] ^= 1;
            Assert.ThrowsAny<CryptographicException>(() => key.Unprotect(changed));
        }
    }

    [Fact]
    public void An_envelope_cut_anywhere_is_refused()
    {
        using var key = NewKey();
        var envelope = key.Protect("a device's key"u8);
        for (var length = 0; length < envelope.Length; length++)
        {
            Assert.ThrowsAny<CryptographicException>(() => key.Unprotect(envelope.AsSpan(0, length)));
        }
    }

    [Fact]
    public void Another_hubs_secret_is_refused()
    {
        using var key = NewKey();
        using var other = NewKey();
        Assert.Throws<CryptographicException>(() => key.Unprotect(other.Protect("secret"u8)));
    }

    [Fact]
    public void The_key_outlives_the_process_and_only_its_owner_reads_it()
    {
        byte[] envelope;
        using (var first = MasterKey.LoadOrCreate(folder, isNeeded: false))
        {
            envelope = first.Protect("secret"u8);
        }

        using var second = MasterKey.LoadOrCreate(folder, isNeeded: true);
        Assert.Equal("secret", Encoding.UTF8.GetString(second.Unprotect(envelope)));
        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path.Combine(folder, MasterKey.FileName)));
        }
    }

    [Fact]
    public void A_lost_key_is_not_replaced_where_secrets_depend_on_it()
    {
        var refused = Assert.Throws<StartupException>(() => MasterKey.LoadOrCreate(folder, isNeeded: true));
        Assert.Equal(ExitCode.DataFolder, refused.ExitCode);
        Assert.False(File.Exists(Path.Combine(folder, MasterKey.FileName)));
    }

    public void Dispose() => Directory.Delete(folder, recursive: true);

    private static MasterKey NewKey() => new(RandomNumberGenerator.GetBytes(MasterKey.KeyLength));
}
