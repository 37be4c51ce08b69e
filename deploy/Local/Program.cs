Console.Error.WriteLine("cluster: nothing here yet");
return 2;
