"""What leaves the archive: tables of calls, lines and moments, whole results, and vCon documents."""
